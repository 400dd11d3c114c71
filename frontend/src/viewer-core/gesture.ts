import type { Change, Provenance } from "./change";
import type { LabelDocument } from "./label-document";
import { diffFrames, unionRect, type VoxelRect } from "./mask-runs";
import { type FrameShape, maskKey, parseMaskKey } from "./mask-store";

interface Touched {
  readonly shape: FrameShape;
  readonly before: Uint16Array;
  readonly values: Uint16Array;
  rect: VoxelRect | null;
}

type Commit = (label: string, changes: readonly Change[], provenance: Provenance | null) => void;

/**
 * A stroke in progress.
 *
 * It writes into the document's voxels so that the picture follows the hand, and keeps what was
 * there. {@link commit} squashes everything to one edit; {@link bail} puts everything back.
 */
export class Gesture {
  private readonly document: LabelDocument;
  private readonly onCommit: Commit;
  private readonly touched = new Map<string, Touched>();
  private open = true;

  constructor(document: LabelDocument, onCommit: Commit) {
    this.document = document;
    this.onCommit = onCommit;
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** The voxels of a frame, to write in. */
  values(layer: number, frame: string, shape: FrameShape): Uint16Array {
    const key = maskKey(layer, frame);
    const known = this.touched.get(key);
    if (known) return known.values;
    const values = this.document.masks.open(layer, frame, shape);
    const before = values.slice();
    this.touched.set(key, { shape, before, values, rect: null });
    this.document.hold(layer, frame, before);
    return values;
  }

  /** The voxels of a frame as they were before this gesture. */
  before(layer: number, frame: string): Uint16Array | null {
    return this.touched.get(maskKey(layer, frame))?.before ?? null;
  }

  /** Something was written inside this rectangle. */
  wrote(layer: number, frame: string, rect: VoxelRect): void {
    const touched = this.touched.get(maskKey(layer, frame));
    if (!touched || rect.i1 <= rect.i0 || rect.j1 <= rect.j0) return;
    touched.rect = unionRect(touched.rect, rect);
    this.document.announceMask("preview", layer, frame, rect);
  }

  /** Finish: all that was written becomes one edit. Nothing changed, nothing remembered. */
  commit(label: string, tool: Omit<Provenance, "frames">, more: readonly Change[] = []): void {
    if (!this.open) return;
    this.open = false;
    const changes: Change[] = [...more];
    for (const [key, touched] of this.touched) {
      const { layer, frame } = parseMaskKey(key);
      this.document.release(layer, frame);
      const change = this.difference(layer, frame, touched);
      if (!change) continue;
      this.document.masks.recount(layer, frame, change.runs);
      this.announceRest(layer, frame, touched);
      changes.push(change);
    }
    if (more.length > 0) this.document.edit("user", more);
    if (changes.length === 0) return;
    const frames = changes.flatMap((change) => (change.kind === "mask" ? [change.frame] : []));
    this.onCommit(label, changes, { ...tool, frames: [...new Set(frames)] });
  }

  /** Give up: the voxels are as before. */
  bail(): void {
    if (!this.open) return;
    this.open = false;
    for (const [key, { values, before, rect }] of this.touched) {
      const { layer, frame } = parseMaskKey(key);
      values.set(before);
      this.document.release(layer, frame);
      if (rect) this.document.announceMask("preview", layer, frame, rect);
    }
  }

  private difference(
    layer: number,
    frame: string,
    { before, values, shape, rect }: Touched,
  ): Extract<Change, { kind: "mask" }> | null {
    if (!rect) return null;
    const runs = diffFrames(before, values, shape.columns, rect);
    return runs.isEmpty ? null : { kind: "mask", layer, frame, ...shape, runs };
  }

  private announceRest(layer: number, frame: string, { rect }: Touched): void {
    if (rect) this.document.announceMask("user", layer, frame, rect);
  }
}
