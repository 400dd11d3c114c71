import type { Id } from "@/api/types";
import type { SmartDoor, SmartModel } from "@/viewer-core/smart/smart-session";

import { askFeatures, bytesOf, jobState } from "./calls";
import type { FeaturesAnswer, InteractiveModel, TaskOpen } from "./wire";

const FIRST_WAIT_MS = 150;
const MAX_WAIT_MS = 1_000;
const HOW_TO_ADD =
  "There is no model for smart clicks yet. An administrator adds one with “manage.py model add”.";

/** What the station needs for smart clicks, or the sentence why there are none. */
export interface Smart {
  readonly model: SmartModel | null;
  readonly door: SmartDoor | null;
  readonly message: string;
}

export function smartOf(open: TaskOpen): Smart {
  for (const candidate of open.interactive_models) {
    const model = modelOf(candidate);
    const { decoder_url } = candidate;
    if (model && decoder_url) {
      return { model, door: doorOf(open.task.grid_id, model, decoder_url), message: "" };
    }
  }
  const message = open.interactive_models.find((model) => model.message)?.message ?? HOW_TO_ADD;
  return { model: null, door: null, message };
}

/** How a family of models configures itself is its own; these are what a SAM-like one says. */
interface SamConfig {
  readonly image_size?: number;
  readonly embedding_shape?: readonly number[];
  readonly preprocessing?: string;
}

function modelOf({ version_id, name, config }: InteractiveModel): SmartModel | null {
  const { image_size, preprocessing, embedding_shape = [] } = config as SamConfig;
  const [channels, rows, columns] = embedding_shape;
  if (!version_id || !channels || !rows || !columns || !image_size) return null;
  return {
    version_id,
    name,
    input: {
      image_size,
      preprocessing: preprocessing === "medsam" ? "medsam" : "sam",
      embedding_shape: [channels, rows, columns],
    },
  };
}

function doorOf(gridId: Id, { version_id }: SmartModel, decoderUrl: string): SmartDoor {
  const versionId = `${version_id}`;
  return {
    decoder: () => bytesOf(decoderUrl),
    features: (keys, deliver, onProgress, signal) =>
      fetchFeatures({ gridId, versionId, keys }, deliver, onProgress, signal),
  };
}

interface Wanted {
  readonly gridId: Id;
  readonly versionId: Id;
  readonly keys: readonly string[];
}

/** Ask, wait for the job that makes what is missing, ask again. */
async function fetchFeatures(
  { gridId, versionId, keys }: Wanted,
  ...[deliver, onProgress, signal]: DropFirst<Parameters<SmartDoor["features"]>>
): Promise<void> {
  const missing = new Set(keys);
  while (missing.size > 0) {
    const { ready, job } = await askFeatures(gridId, versionId, [...missing]);
    for (const { key, url } of ready.filter((item) => missing.delete(item.key))) {
      deliver(key, await bytesOf(url, signal));
    }
    if (missing.size > 0) await jobDone(job, onProgress, signal);
  }
}

type DropFirst<T extends readonly unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never;

async function jobDone(
  asked: FeaturesAnswer["job"],
  onProgress: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!asked) throw new Error("The features of this slice cannot be made just now.");
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 1.5, MAX_WAIT_MS)) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    const job = await jobState(asked.id, signal);
    if (job.state === "succeeded") return;
    if (job.state === "failed" || job.state === "cancelled") {
      throw new Error(job.error_detail ?? "The model could not look at this slice.");
    }
    onProgress(job.state === "running" ? "Looking at this slice…" : "Waiting for a worker…");
  }
}
