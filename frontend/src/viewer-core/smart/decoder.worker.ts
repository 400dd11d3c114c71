import * as ort from "onnxruntime-web/wasm";

import { halvesToFloats } from "./float16";
import type { FromDecoder, ToDecoder } from "./messages";
import { decoderPrompts, frameMask, type ModelInput } from "./prompt-space";

/** Features of so many slices are kept ready (a megabyte or four each). */
const KEPT = 24;

interface Loaded {
  readonly session: ort.InferenceSession;
  readonly input: ModelInput;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToDecoder>) => void;
  postMessage(message: FromDecoder, transfer: Transferable[]): void;
};

let loaded: Promise<Loaded> | null = null;
const features = new Map<string, Float32Array<ArrayBuffer>>();

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

async function load(model: ArrayBuffer, input: ModelInput): Promise<Loaded> {
  const session = await ort.InferenceSession.create(new Uint8Array(model), {
    executionProviders: ["wasm"],
  });
  return { session, input };
}

function keep(key: string, halves: ArrayBuffer): void {
  features.delete(key);
  features.set(key, halvesToFloats(halves));
  for (const oldest of features.keys()) {
    if (features.size <= KEPT) break;
    features.delete(oldest);
  }
}

async function decode(request: Extract<ToDecoder, { kind: "decode" }>): Promise<void> {
  const started = performance.now();
  const model = await loaded;
  const embedding = features.get(request.key);
  if (!model || !embedding) throw new Error("The features of this slice are not here.");
  const [channels, height, width] = model.input.embedding_shape;
  const low = { rows: height * 4, columns: width * 4 };
  const { coords, labels } = decoderPrompts(request.prompts, request.shape, model.input);
  const output = await model.session.run({
    image_embeddings: new ort.Tensor("float32", embedding, [1, channels, height, width]),
    point_coords: new ort.Tensor("float32", coords, [1, labels.length, 2]),
    point_labels: new ort.Tensor("float32", labels, [1, labels.length]),
    mask_input: new ort.Tensor("float32", new Float32Array(low.rows * low.columns), [
      1,
      1,
      low.rows,
      low.columns,
    ]),
    has_mask_input: new ort.Tensor("float32", Float32Array.of(0), [1]),
  });
  const ious = output["iou_predictions"]?.data as Float32Array;
  const masks = output["low_res_masks"]?.data as Float32Array;
  const best = ious.indexOf(Math.max(...ious));
  const size = low.rows * low.columns;
  const logits = masks.subarray(best * size, (best + 1) * size);
  const values = frameMask(logits, low, request.shape, model.input);
  const milliseconds = performance.now() - started;
  const iou = ious[best] ?? 0;
  scope.postMessage({ kind: "mask", id: request.id, values, iou, milliseconds }, [values.buffer]);
}

async function handle(message: ToDecoder): Promise<void> {
  if (message.kind === "load") {
    loaded = load(message.model, message.input);
    await loaded;
    scope.postMessage({ kind: "loaded" }, []);
  } else if (message.kind === "features") {
    keep(message.key, message.halves);
  } else {
    await decode(message);
  }
}

scope.onmessage = ({ data }) => {
  handle(data).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const id = data.kind === "decode" ? data.id : null;
    scope.postMessage({ kind: "failed", id, reason }, []);
  });
};
