import type { Prompt } from "../change";
import type { PlacedFrame } from "../series-geometry";
import { Store } from "../store";
import { DecoderClient } from "./decoder-client";
import type { ModelInput } from "./prompt-space";

/** The model behind the smart click. */
export interface SmartModel {
  readonly version_id: number | string;
  readonly name: string;
  readonly input: ModelInput;
}

/** Where the decoder and the features come from. */
export interface SmartDoor {
  decoder(): Promise<ArrayBuffer>;
  /** Half-precision features of these frames, in any order, as they become ready. */
  features(
    keys: readonly string[],
    deliver: (key: string, halves: ArrayBuffer) => void,
    onProgress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface SmartState {
  readonly status: "none" | "idle" | "preparing" | "ready" | "failed";
  /** A sentence for the user: why there is no model, what is being waited for, what failed. */
  readonly message: string;
  readonly frame: string | null;
  readonly prompts: readonly Prompt[];
  readonly mask: Uint16Array<ArrayBuffer> | null;
  readonly iou: number | null;
  /** From the prompt to the mask, as the user felt it. */
  readonly milliseconds: number | null;
  readonly isDecoding: boolean;
}

const EMPTY = {
  frame: null,
  prompts: [],
  mask: null,
  iou: null,
  milliseconds: null,
  isDecoding: false,
} as const;
const NEIGHBOURS = 2;

/**
 * Clicks and boxes that become a mask.
 *
 * Features of a slice are fetched once; from then on every prompt is answered in the browser. The
 * mask is a preview: it belongs to nobody until it is accepted.
 */
export class SmartSession {
  readonly state: Store<SmartState>;
  readonly model: SmartModel | null;
  private readonly door: SmartDoor | null;
  private readonly frames: readonly PlacedFrame[];
  private decoder: Promise<DecoderClient> | null = null;
  private wanted: PlacedFrame | null = null;
  private fetching: AbortController | null = null;
  private asked = 0;

  constructor(
    frames: readonly PlacedFrame[],
    model: SmartModel | null,
    door: SmartDoor | null,
    message: string,
  ) {
    this.frames = frames;
    this.model = model;
    this.door = door;
    this.state = new Store<SmartState>({ ...EMPTY, status: model ? "idle" : "none", message });
  }

  /** Get a frame ready for prompts; its neighbours follow in the background. */
  async prepare(frame: PlacedFrame): Promise<void> {
    const { model, door } = this;
    if (!model || !door) return;
    this.wanted = frame;
    try {
      if (!this.decoder)
        this.state.patch({ status: "preparing", message: `Loading ${model.name}…` });
      this.decoder ??= startDecoder(model, door);
      const decoder = await this.decoder;
      if (this.wanted !== frame) return;
      await this.fetchFeatures(decoder, door, frame);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      if (this.wanted === frame) this.fail(error);
    }
  }

  /** Replace the prompts of a frame; the mask follows. */
  async setPrompts(frame: PlacedFrame, prompts: readonly Prompt[]): Promise<void> {
    const isOther = this.state.get().frame !== frame.key;
    this.state.patch({ frame: frame.key, prompts, ...(isOther ? { mask: null } : {}) });
    if (prompts.length === 0) {
      this.discard();
      return;
    }
    const mine = ++this.asked;
    const started = performance.now();
    this.state.patch({ isDecoding: true });
    try {
      await this.prepare(frame);
      const decoder = await this.decoder;
      // Drags ask often: only the newest question is worth an answer.
      if (!decoder || mine !== this.asked || !decoder.has(frame.key)) return;
      const { values, iou } = await decoder.decode(frame.key, frame, prompts);
      if (mine !== this.asked) return;
      const milliseconds = performance.now() - started;
      this.state.patch({ mask: values, iou, milliseconds, isDecoding: false });
    } catch (error) {
      if (mine === this.asked) this.fail(error);
    }
  }

  discard(): void {
    this.asked++;
    this.state.patch(EMPTY);
  }

  close(): void {
    this.fetching?.abort();
    void this.decoder?.then((decoder) => decoder.close()).catch(() => undefined);
  }

  private async fetchFeatures(
    decoder: DecoderClient,
    door: SmartDoor,
    frame: PlacedFrame,
  ): Promise<void> {
    const deliver = (key: string, halves: ArrayBuffer): void => decoder.addFeatures(key, halves);
    if (!decoder.has(frame.key)) {
      this.fetching?.abort();
      this.fetching = new AbortController();
      const say = (message: string): void => this.state.patch({ status: "preparing", message });
      say("Looking at this slice…");
      await door.features([frame.key], deliver, say, this.fetching.signal);
    }
    if (this.wanted !== frame) return;
    this.state.patch({ status: "ready", message: "" });
    this.fetchNeighbours(decoder, door, frame);
  }

  private fetchNeighbours(decoder: DecoderClient, door: SmartDoor, frame: PlacedFrame): void {
    const keys = this.frames
      .slice(Math.max(0, frame.index - NEIGHBOURS), frame.index + NEIGHBOURS + 1)
      .map(({ key }) => key)
      .filter((key) => !decoder.has(key));
    if (keys.length === 0) return;
    this.fetching?.abort();
    this.fetching = new AbortController();
    const deliver = (key: string, halves: ArrayBuffer): void => decoder.addFeatures(key, halves);
    // Nobody waits for these: what fails is asked for again when the user comes there.
    door.features(keys, deliver, () => undefined, this.fetching.signal).catch(() => undefined);
  }

  private fail(error: unknown): void {
    const message = error instanceof Error ? error.message : "The model did not answer.";
    this.state.patch({ status: "failed", message, isDecoding: false });
  }
}

async function startDecoder(model: SmartModel, door: SmartDoor): Promise<DecoderClient> {
  const bytes = await door.decoder();
  const client = new DecoderClient();
  await client.load(bytes, model.input);
  return client;
}
