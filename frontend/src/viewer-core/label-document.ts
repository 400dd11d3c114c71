import type { Answer, Change, Origin, Shape, Verdict } from "./change";
import type { VoxelRect } from "./mask-runs";
import { type FrameShape, MaskStore, maskKey } from "./mask-store";

/** What listeners are told: which voxels, or that something else changed. */
export type DocumentEvent =
  | {
      readonly kind: "mask";
      readonly origin: Origin;
      readonly layer: number;
      readonly frame: string;
      readonly rect: VoxelRect;
    }
  | { readonly kind: "shapes" | "answers" | "verdicts" | "all"; readonly origin: Origin };

/** A document as the server holds it; masks in their run-length form. */
export interface DocumentContent {
  readonly masks: readonly {
    readonly layer: number;
    readonly frame: string;
    readonly encoded: Uint8Array;
  }[];
  readonly shapes: readonly Shape[];
  readonly answers: Readonly<Record<string, Answer>>;
}

/**
 * The one document of the station: masks, shapes, answers, and what was decided about proposals.
 *
 * Everything that shows labels reads here; everything that changes them goes through
 * {@link edit}. There is no second copy to keep in step.
 */
export class LabelDocument {
  readonly masks = new MaskStore();
  private readonly shapesById = new Map<string, Shape>();
  private readonly answersById = new Map<string, Answer>();
  private readonly verdictsByKey = new Map<string, Verdict>();
  private readonly listeners = new Set<(event: DocumentEvent) => void>();
  /** Frames under a gesture, as they were before it: what may be saved meanwhile. */
  private readonly held = new Map<string, Uint16Array>();
  private count = 0;

  /** Grows with every change: a cheap way to ask "is this still what I drew?". */
  get version(): number {
    return this.count;
  }

  get shapes(): ReadonlyMap<string, Shape> {
    return this.shapesById;
  }

  get answers(): ReadonlyMap<string, Answer> {
    return this.answersById;
  }

  get verdicts(): ReadonlyMap<string, Verdict> {
    return this.verdictsByKey;
  }

  subscribe(listener: (event: DocumentEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Take the server's state as a whole. */
  load(content: DocumentContent): void {
    for (const cell of [...this.masks.labelled()]) this.masks.load(cell.layer, cell.frame, null);
    for (const { layer, frame, encoded } of content.masks) this.masks.load(layer, frame, encoded);
    this.shapesById.clear();
    for (const shape of content.shapes) this.shapesById.set(shape.id, shape);
    this.answersById.clear();
    for (const [question, answer] of Object.entries(content.answers)) {
      this.answersById.set(question, answer);
    }
    this.emit({ kind: "all", origin: "remote" });
  }

  /** All that the document holds, to be put back later. */
  content(): DocumentContent {
    const masks = [...this.masks.labelled()].flatMap(({ layer, frame }) => {
      const encoded = this.masks.encode(layer, frame);
      return encoded ? [{ layer, frame, encoded }] : [];
    });
    const answers = Object.fromEntries(this.answersById);
    return { masks, shapes: [...this.shapesById.values()], answers };
  }

  /** The one door for changes. */
  edit(origin: Origin, changes: readonly Change[]): void {
    for (const change of changes) this.apply(origin, change);
  }

  /** A gesture is drawing on a frame: keep its state from before for those who save meanwhile. */
  hold(layer: number, frame: string, before: Uint16Array): void {
    this.held.set(maskKey(layer, frame), before);
  }

  release(layer: number, frame: string): void {
    this.held.delete(maskKey(layer, frame));
  }

  /** The frame as of the last finished edit, if a gesture is drawing on it now. */
  heldFrame(layer: number, frame: string): Uint16Array | null {
    return this.held.get(maskKey(layer, frame)) ?? null;
  }

  /** Tell listeners about voxels that a gesture wrote in place. */
  announceMask(origin: Origin, layer: number, frame: string, rect: VoxelRect): void {
    this.emit({ kind: "mask", origin, layer, frame, rect });
  }

  private apply(origin: Origin, change: Change): void {
    switch (change.kind) {
      case "mask":
        this.applyMask(origin, change);
        break;
      case "shape":
        put(this.shapesById, change.id, change.after);
        this.emit({ kind: "shapes", origin });
        break;
      case "answer":
        put(this.answersById, change.question, change.after);
        this.emit({ kind: "answers", origin });
        break;
      case "verdict":
        put(this.verdictsByKey, change.key, change.after);
        this.emit({ kind: "verdicts", origin });
        break;
    }
  }

  private applyMask(origin: Origin, change: Extract<Change, { kind: "mask" }>): void {
    const shape: FrameShape = { rows: change.rows, columns: change.columns };
    this.masks.apply(change.layer, change.frame, shape, change.runs);
    const rect = change.runs.bounds(change.columns);
    if (rect) this.emit({ kind: "mask", origin, layer: change.layer, frame: change.frame, rect });
  }

  private emit(event: DocumentEvent): void {
    this.count++;
    for (const listener of this.listeners) listener(event);
  }
}

function put<V>(map: Map<string, V>, key: string, value: V | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
