import { useSyncExternalStore } from "react";

import { IndexedDbMemory } from "./upload-memory";
import { UploadQueue } from "./upload-queue";
import { httpTransport } from "./upload-transport";

/** The tab's uploads; they go on while the person looks at other pages. */
export const uploadQueue = new UploadQueue({
  transport: httpTransport,
  memory: new IndexedDbMemory(),
});

/** Draw again when the queue has news. */
export function useUploadQueue(): UploadQueue {
  useSyncExternalStore(uploadQueue.subscribe, uploadQueue.version);
  return uploadQueue;
}
