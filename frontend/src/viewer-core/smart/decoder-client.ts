import type { Prompt } from "../change";
import type { FrameShape } from "../mask-store";
import type { FromDecoder, ToDecoder } from "./messages";
import type { ModelInput } from "./prompt-space";

/** A mask under the prompts, and how sure the model is of it. */
export interface DecodedMask {
  readonly values: Uint16Array<ArrayBuffer>;
  readonly iou: number;
  readonly milliseconds: number;
}

interface Waiting {
  resolve(mask: DecodedMask): void;
  reject(error: Error): void;
}

/** The decoder in its worker: the model is loaded once, features are kept there by frame. */
export class DecoderClient {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private readonly present = new Set<string>();
  private ready: Waiting | null = null;
  private requests = 0;

  constructor() {
    this.worker = new Worker(new URL("./decoder.worker.ts", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }: MessageEvent<FromDecoder>) => this.receive(data);
    this.worker.onerror = (event) => this.failAll(event.message || "The decoder did not start.");
  }

  load(model: ArrayBuffer, input: ModelInput): Promise<void> {
    return new Promise((resolve, reject) => {
      this.ready = { resolve: () => resolve(), reject };
      this.post({ kind: "load", model, input }, [model]);
    });
  }

  has(key: string): boolean {
    return this.present.has(key);
  }

  addFeatures(key: string, halves: ArrayBuffer): void {
    this.present.add(key);
    this.post({ kind: "features", key, halves }, [halves]);
  }

  decode(key: string, shape: FrameShape, prompts: readonly Prompt[]): Promise<DecodedMask> {
    const id = this.requests++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      const { rows, columns } = shape;
      this.post({ kind: "decode", id, key, shape: { rows, columns }, prompts }, []);
    });
  }

  close(): void {
    this.worker.terminate();
    this.failAll("The decoder was closed.");
  }

  private post(message: ToDecoder, transfer: Transferable[]): void {
    this.worker.postMessage(message, transfer);
  }

  private receive(message: FromDecoder): void {
    if (message.kind === "loaded") {
      this.ready?.resolve({ values: new Uint16Array(0), iou: 0, milliseconds: 0 });
      this.ready = null;
    } else if (message.kind === "mask") {
      this.waiting.get(message.id)?.resolve(message);
      this.waiting.delete(message.id);
    } else if (message.id === null) {
      this.failAll(message.reason);
    } else {
      this.waiting.get(message.id)?.reject(new Error(message.reason));
      this.waiting.delete(message.id);
    }
  }

  private failAll(reason: string): void {
    const error = new Error(reason);
    this.ready?.reject(error);
    this.ready = null;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
