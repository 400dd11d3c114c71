import type { VoxelRect } from "./mask-runs";
import type { FrameShape } from "./mask-store";

/** Line ends x0, y0, x1, y1 of a segment's edges, in voxels. */
export type EdgeLines = Map<number, number[]>;

/**
 * Collects the edges between voxels of different segments inside a tile, in one pass over it.
 *
 * A voxel owns the edges above it and to its left; the picture's last row and column own those
 * beyond them too. Neighbouring edges between the same two segments become one line.
 */
export function traceEdges(values: Uint16Array, shape: FrameShape, rect: VoxelRect): EdgeLines {
  const { i0, j0, i1, j1 } = rect;
  const tracer = new EdgeTracer(paddedTile(values, shape, rect), i1 - i0 + 2);
  const lastI = i1 === shape.columns ? i1 : i1 - 1;
  const lastJ = j1 === shape.rows ? j1 : j1 - 1;
  for (let j = j0; j <= lastJ; j++) {
    tracer.scanRow(j - j0, i1 - i0, (segment, from, to) =>
      tracer.line(segment, i0 + from - 0.5, j - 0.5, i0 + to - 0.5, j - 0.5),
    );
  }
  for (let i = i0; i <= lastI; i++) {
    tracer.scanColumn(i - i0, j1 - j0, (segment, from, to) =>
      tracer.line(segment, i - 0.5, j0 + from - 0.5, i - 0.5, j0 + to - 0.5),
    );
  }
  return tracer.lines;
}

/** The voxels of a tile with one more on every side; 0 outside of the picture. */
function paddedTile(values: Uint16Array, shape: FrameShape, rect: VoxelRect): Uint16Array {
  const stride = rect.i1 - rect.i0 + 2;
  const tile = new Uint16Array(stride * (rect.j1 - rect.j0 + 2));
  const from = Math.max(0, rect.i0 - 1);
  const to = Math.min(shape.columns, rect.i1 + 1);
  for (let j = Math.max(0, rect.j0 - 1); j < Math.min(shape.rows, rect.j1 + 1); j++) {
    const row = values.subarray(j * shape.columns + from, j * shape.columns + to);
    tile.set(row, (j - rect.j0 + 1) * stride + from - rect.i0 + 1);
  }
  return tile;
}

type Emit = (segment: number, from: number, to: number) => void;

class EdgeTracer {
  readonly lines: EdgeLines = new Map();
  private readonly tile: Uint16Array;
  private readonly stride: number;

  constructor(tile: Uint16Array, stride: number) {
    this.tile = tile;
    this.stride = stride;
  }

  /** Edges above a row of the tile. */
  scanRow(row: number, length: number, emit: Emit): void {
    this.scan(row * this.stride + 1, 1, this.stride, length, emit);
  }

  /** Edges left of a column of the tile. */
  scanColumn(column: number, length: number, emit: Emit): void {
    this.scan(this.stride + column, this.stride, 1, length, emit);
  }

  line(segment: number, x0: number, y0: number, x1: number, y1: number): void {
    const lines = this.lines.get(segment);
    if (lines) lines.push(x0, y0, x1, y1);
    else this.lines.set(segment, [x0, y0, x1, y1]);
  }

  /** Walk along a line of voxels and compare each with its neighbour across. */
  private scan(first: number, step: number, across: number, length: number, emit: Emit): void {
    const { tile } = this;
    let start = 0;
    let a = tile[first] ?? 0;
    let b = tile[first + across] ?? 0;
    for (let n = 1; n < length; n++) {
      const nextA = tile[first + n * step] ?? 0;
      const nextB = tile[first + n * step + across] ?? 0;
      if (nextA === a && nextB === b) continue;
      emitBoth(a, b, start, n, emit);
      start = n;
      a = nextA;
      b = nextB;
    }
    emitBoth(a, b, start, length, emit);
  }
}

/** The edge belongs to the outlines of both its sides; background has none. */
function emitBoth(a: number, b: number, from: number, to: number, emit: Emit): void {
  if (a === b) return;
  if (a !== 0) emit(a, from, to);
  if (b !== 0) emit(b, from, to);
}
