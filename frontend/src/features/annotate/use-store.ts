import { useSyncExternalStore } from "react";

import type { Store } from "@/viewer-core/store";

/** A value of the viewer's core, kept up to date. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}
