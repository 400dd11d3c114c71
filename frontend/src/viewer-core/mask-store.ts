import { decodeMask, encodeMask, forEachRun, maskShape } from "@/geometry/rle";

import type { MaskRuns } from "./mask-runs";

/** Rows and columns of a frame. */
export interface FrameShape {
  readonly rows: number;
  readonly columns: number;
}

interface Cell {
  readonly shape: FrameShape;
  /** Voxels by segment id, background left out. */
  readonly counts: Map<number, number>;
  encoded: Uint8Array | null;
  values: Uint16Array | null;
}

const NO_COUNTS: ReadonlyMap<number, number> = new Map();

/** The name of one mask frame: a layer on a frame. */
export function maskKey(layer: number, frame: string): string {
  return `${layer}|${frame}`;
}

/** The layer and the frame of a {@link maskKey}. */
export function parseMaskKey(key: string): { layer: number; frame: string } {
  const bar = key.indexOf("|");
  return { layer: Number(key.slice(0, bar)), frame: key.slice(bar + 1) };
}

/**
 * The labels of every layer and frame.
 *
 * A frame stays in its run-length form until somebody looks at its voxels, so that a volume of
 * two thousand slices opens at once. Counts are kept for all frames, decoded or not.
 */
export class MaskStore {
  private readonly cells = new Map<string, Cell>();

  /** Take a frame as it came from the server; null removes it. */
  load(layer: number, frame: string, encoded: Uint8Array | null): void {
    const key = maskKey(layer, frame);
    if (encoded === null) {
      this.cells.delete(key);
      return;
    }
    const counts = new Map<number, number>();
    forEachRun(encoded, (value, _start, length) => bump(counts, value, length));
    this.cells.set(key, { shape: maskShape(encoded), counts, encoded, values: null });
  }

  /** The voxels of a frame for reading; null where nothing was ever drawn. */
  peek(layer: number, frame: string): Uint16Array | null {
    const cell = this.cells.get(maskKey(layer, frame));
    return cell ? decoded(cell) : null;
  }

  /** The voxels of a frame for writing. After writing, {@link recount} or {@link apply} must follow. */
  open(layer: number, frame: string, shape: FrameShape): Uint16Array {
    const key = maskKey(layer, frame);
    let cell = this.cells.get(key);
    if (!cell) {
      const values = new Uint16Array(shape.rows * shape.columns);
      cell = { shape, counts: new Map(), encoded: null, values };
      this.cells.set(key, cell);
    }
    if (cell.shape.rows !== shape.rows || cell.shape.columns !== shape.columns) {
      throw new RangeError(`The mask on ${frame} has another size than its image.`);
    }
    return decoded(cell);
  }

  /** Apply a difference to a frame. */
  apply(layer: number, frame: string, shape: FrameShape, runs: MaskRuns): void {
    const values = this.open(layer, frame, shape);
    runs.forEach(({ start, length, after }) => {
      this.forget(layer, frame, values, start, length);
      values.fill(after, start, start + length);
      this.note(layer, frame, after, length);
    });
    this.touched(layer, frame);
  }

  /** Tell the counts about a difference that was already written into the voxels. */
  recount(layer: number, frame: string, runs: MaskRuns): void {
    runs.forEach(({ length, before, after }) => {
      this.note(layer, frame, before, -length);
      this.note(layer, frame, after, length);
    });
    this.touched(layer, frame);
  }

  /** Voxels by segment on one frame. */
  counts(layer: number, frame: string): ReadonlyMap<number, number> {
    return this.cells.get(maskKey(layer, frame))?.counts ?? NO_COUNTS;
  }

  /** The size of a frame that has ever been drawn on. */
  shape(layer: number, frame: string): FrameShape | null {
    return this.cells.get(maskKey(layer, frame))?.shape ?? null;
  }

  /** The frame as it is sent and stored; null when it holds no label. */
  encode(layer: number, frame: string): Uint8Array | null {
    const cell = this.cells.get(maskKey(layer, frame));
    if (!cell || cell.counts.size === 0) return null;
    cell.encoded ??= encodeMask({ ...cell.shape, values: decoded(cell) });
    return cell.encoded;
  }

  /** Every mask frame that holds a label. */
  *labelled(): Generator<{
    readonly layer: number;
    readonly frame: string;
    readonly shape: FrameShape;
    readonly counts: ReadonlyMap<number, number>;
  }> {
    for (const [key, cell] of this.cells) {
      if (cell.counts.size > 0)
        yield { ...parseMaskKey(key), shape: cell.shape, counts: cell.counts };
    }
  }

  private forget(
    layer: number,
    frame: string,
    values: Uint16Array,
    start: number,
    length: number,
  ): void {
    const end = start + length;
    for (let from = start; from < end; ) {
      const value = values[from] ?? 0;
      let to = from + 1;
      while (to < end && values[to] === value) to++;
      this.note(layer, frame, value, from - to);
      from = to;
    }
  }

  private note(layer: number, frame: string, value: number, voxels: number): void {
    const cell = this.cells.get(maskKey(layer, frame));
    if (cell) bump(cell.counts, value, voxels);
  }

  private touched(layer: number, frame: string): void {
    const cell = this.cells.get(maskKey(layer, frame));
    if (cell) cell.encoded = null;
  }
}

function decoded(cell: Cell): Uint16Array {
  if (cell.values) return cell.values;
  const values = cell.encoded
    ? decodeMask(cell.encoded).values
    : new Uint16Array(cell.shape.rows * cell.shape.columns);
  cell.values = values;
  return values;
}

function bump(counts: Map<number, number>, value: number, voxels: number): void {
  if (value === 0) return;
  const now = (counts.get(value) ?? 0) + voxels;
  if (now === 0) counts.delete(value);
  else counts.set(value, now);
}
