import { type EdgeLines, traceEdges } from "./edge-tracer";
import type { VoxelRect } from "./mask-runs";
import type { FrameShape } from "./mask-store";
import { type Pattern, patternOf } from "./patterns";
import { clipRect } from "./raster";

const TILE = 128;
/** Lines of a pattern are so much stronger than the fill they lie in. */
const LINE_FILL = 3;

/**
 * How a segment is drawn: red, green, blue 0…255, the fill's opacity 0…1, and the number of its
 * pattern, if it has one; hidden when null.
 */
export type SegmentStyle = {
  readonly rgb: readonly [number, number, number];
  readonly fill: number;
  readonly stroke: string;
  readonly pattern: number | null;
} | null;

interface Tile {
  readonly rect: VoxelRect;
  /** Edges of each drawn segment, in voxels. */
  paths: Map<number, Path2D>;
  isFilled: boolean;
}

/**
 * The picture of one mask frame: fill as a bitmap, outlines as paths, both kept in tiles.
 *
 * A stroke renews only the tiles it touched, so that drawing costs the same on a large image.
 */
export class LabelTiles {
  private readonly shape: FrameShape;
  private readonly bitmap: OffscreenCanvas;
  private readonly tiles: Tile[] = [];
  private readonly columns: number;

  constructor(shape: FrameShape) {
    this.shape = shape;
    this.bitmap = new OffscreenCanvas(shape.columns, shape.rows);
    this.columns = Math.ceil(shape.columns / TILE);
    for (let j0 = 0; j0 < shape.rows; j0 += TILE) {
      for (let i0 = 0; i0 < shape.columns; i0 += TILE) {
        const rect = clipRect({ i0, j0, i1: i0 + TILE, j1: j0 + TILE }, shape);
        this.tiles.push({ rect, paths: new Map(), isFilled: false });
      }
    }
  }

  /** Renew what lies in a rectangle of voxels (null: everything). */
  update(
    values: Uint16Array,
    style: (segment: number) => SegmentStyle,
    rect: VoxelRect | null,
  ): void {
    const area = rect ?? { i0: 0, j0: 0, i1: this.shape.columns, j1: this.shape.rows };
    // An edge belongs to the voxel on its right or below: a change reaches one voxel further.
    const reach = clipRect({ ...area, i1: area.i1 + 1, j1: area.j1 + 1 }, this.shape);
    for (let row = Math.floor(reach.j0 / TILE); row * TILE < reach.j1; row++) {
      for (let column = Math.floor(reach.i0 / TILE); column * TILE < reach.i1; column++) {
        const tile = this.tiles[row * this.columns + column];
        if (tile) this.renew(tile, values, style);
      }
    }
  }

  /** Draw onto a canvas whose pixels lie at `toDevice` of the voxels. */
  draw(
    context: CanvasRenderingContext2D,
    toDevice: DOMMatrix,
    style: (segment: number) => SegmentStyle,
    lineWidth: number,
  ): void {
    context.setTransform(toDevice);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.bitmap, -0.5, -0.5);
    context.resetTransform();
    context.lineWidth = lineWidth;
    for (const [segment, path] of this.outlines(toDevice)) {
      const drawn = style(segment);
      if (!drawn) continue;
      context.strokeStyle = drawn.stroke;
      context.stroke(path);
    }
  }

  /** All tiles' edges of a segment in one path, in device pixels, so that lines are equally wide. */
  private outlines(toDevice: DOMMatrix): Map<number, Path2D> {
    const joined = new Map<number, Path2D>();
    for (const tile of this.tiles) {
      for (const [segment, path] of tile.paths) {
        let all = joined.get(segment);
        if (!all) {
          all = new Path2D();
          joined.set(segment, all);
        }
        all.addPath(path, toDevice);
      }
    }
    return joined;
  }

  private renew(tile: Tile, values: Uint16Array, style: (segment: number) => SegmentStyle): void {
    const context = this.bitmap.getContext("2d");
    if (!context) return;
    const { columns } = this.shape;
    const { i0, j0, i1, j1 } = tile.rect;
    const isEmpty = !holdsLabel(values, columns, tile.rect);
    // Beside a label next door an empty tile may still own its edge.
    tile.paths = pathsOf(traceEdgesIf(values, this.shape, tile.rect, isEmpty), style);
    if (isEmpty) {
      if (tile.isFilled) context.clearRect(i0, j0, i1 - i0, j1 - j0);
      tile.isFilled = false;
      return;
    }
    const image = context.createImageData(i1 - i0, j1 - j0);
    fillPixels(new Uint32Array(image.data.buffer), values, columns, tile.rect, style);
    context.putImageData(image, i0, j0);
    tile.isFilled = true;
  }
}

function holdsLabel(values: Uint16Array, columns: number, rect: VoxelRect): boolean {
  for (let j = rect.j0; j < rect.j1; j++) {
    for (let index = j * columns + rect.i0; index < j * columns + rect.i1; index++) {
      if (values[index] !== 0) return true;
    }
  }
  return false;
}

/** The edges of a tile; of an empty one only where the row above or the column before has labels. */
function traceEdgesIf(
  values: Uint16Array,
  shape: FrameShape,
  rect: VoxelRect,
  isEmpty: boolean,
): EdgeLines {
  const rim = clipRect({ ...rect, i0: rect.i0 - 1, j0: rect.j0 - 1 }, shape);
  const isBare =
    isEmpty &&
    !holdsLabel(values, shape.columns, { ...rim, j1: rect.j0 }) &&
    !holdsLabel(values, shape.columns, { ...rim, i1: rect.i0 });
  return isBare ? new Map() : traceEdges(values, shape, rect);
}

function pathsOf(lines: EdgeLines, style: (segment: number) => SegmentStyle): Map<number, Path2D> {
  const paths = new Map<number, Path2D>();
  for (const [segment, ends] of lines) {
    if (!style(segment)) continue;
    const path = new Path2D();
    for (let at = 0; at < ends.length; at += 4) {
      path.moveTo(ends[at] ?? 0, ends[at + 1] ?? 0);
      path.lineTo(ends[at + 2] ?? 0, ends[at + 3] ?? 0);
    }
    paths.set(segment, path);
  }
  return paths;
}

/** Colours as little-endian words, alpha highest: the order of ImageData in memory. */
function packed(style: SegmentStyle, fill: number): number {
  if (!style) return 0;
  const [r, g, b] = style.rgb;
  return ((Math.round(Math.min(1, fill) * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

type Inks = (segment: number, i: number, j: number) => number;

/** The colour of a voxel. Neighbours mostly belong to one segment: its ink is kept at hand. */
function inksOf(style: (segment: number) => SegmentStyle, columns: number): Inks {
  let known = 0;
  let ground = 0;
  let line = 0;
  let isLine: Pattern | null = null;
  return (segment, i, j) => {
    if (segment !== known) {
      const drawn = style(segment);
      known = segment;
      ground = packed(drawn, drawn?.fill ?? 0);
      line = packed(drawn, (drawn?.fill ?? 0) * LINE_FILL);
      const pattern = drawn?.pattern ?? null;
      isLine = pattern === null ? null : patternOf(pattern, columns);
    }
    return isLine?.(i, j) ? line : ground;
  };
}

function fillPixels(
  pixels: Uint32Array,
  values: Uint16Array,
  columns: number,
  { i0, j0, i1, j1 }: VoxelRect,
  style: (segment: number) => SegmentStyle,
): void {
  const inks = inksOf(style, columns);
  let at = 0;
  for (let j = j0; j < j1; j++) {
    for (let i = i0; i < i1; i++, at++) {
      const value = values[j * columns + i] ?? 0;
      if (value !== 0) pixels[at] = inks(value, i, j);
    }
  }
}
