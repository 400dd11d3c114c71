import type { FramePoint } from "@/geometry/frame-plane";

import type { VoxelRect } from "./mask-runs";
import type { FrameShape } from "./mask-store";

/** A frame to draw on: its size in voxels and the size of a voxel in millimetres. */
export interface Canvas2d extends FrameShape {
  readonly spacing_i_mm: number;
  readonly spacing_j_mm: number;
}

/** A row of voxels from column i0 up to, not including, i1. */
export type SpanVisitor = (j: number, i0: number, i1: number) => void;

const EMPTY: VoxelRect = { i0: 0, j0: 0, i1: 0, j1: 0 };
/** Distances are compared with this slack, so that a voxel exactly on the rim is always inside. */
const RIM_MM2 = 1e-9;

/** The rectangle clipped to the frame; empty when it lies outside. */
export function clipRect(rect: VoxelRect, { rows, columns }: FrameShape): VoxelRect {
  const clipped = {
    i0: Math.max(0, rect.i0),
    j0: Math.max(0, rect.j0),
    i1: Math.min(columns, rect.i1),
    j1: Math.min(rows, rect.j1),
  };
  return clipped.i1 > clipped.i0 && clipped.j1 > clipped.j0 ? clipped : EMPTY;
}

/**
 * All voxels whose centre lies within `radius_mm` of the line between two points.
 *
 * Distances are in millimetres, so that the brush is round in the patient, not on the grid.
 * Returns the rectangle that holds everything visited.
 */
export function rasterCapsule(
  canvas: Canvas2d,
  from: FramePoint,
  to: FramePoint,
  radius_mm: number,
  visit: SpanVisitor,
): VoxelRect {
  if (radius_mm < 0) return EMPTY;
  const reachI = radius_mm / canvas.spacing_i_mm;
  const reachJ = radius_mm / canvas.spacing_j_mm;
  const rect = clipRect(
    {
      i0: Math.floor(Math.min(from.i, to.i) - reachI),
      j0: Math.floor(Math.min(from.j, to.j) - reachJ),
      i1: Math.ceil(Math.max(from.i, to.i) + reachI) + 1,
      j1: Math.ceil(Math.max(from.j, to.j) + reachJ) + 1,
    },
    canvas,
  );
  const inside = capsuleTest(canvas, from, to, radius_mm);
  for (let j = rect.j0; j < rect.j1; j++) visitConvexRow(rect, j, inside, visit);
  return rect;
}

/** A capsule is convex: a row meets it in one span, so both ends suffice. */
function visitConvexRow(
  rect: VoxelRect,
  j: number,
  inside: (i: number, j: number) => boolean,
  visit: SpanVisitor,
): void {
  let i0 = rect.i0;
  while (i0 < rect.i1 && !inside(i0, j)) i0++;
  if (i0 === rect.i1) return;
  let i1 = rect.i1;
  while (i1 > i0 + 1 && !inside(i1 - 1, j)) i1--;
  visit(j, i0, i1);
}

function capsuleTest(
  canvas: Canvas2d,
  from: FramePoint,
  to: FramePoint,
  radius_mm: number,
): (i: number, j: number) => boolean {
  const dx = (to.i - from.i) * canvas.spacing_i_mm;
  const dy = (to.j - from.j) * canvas.spacing_j_mm;
  const length2 = dx * dx + dy * dy;
  const limit = radius_mm * radius_mm + RIM_MM2;
  return (i, j) => {
    const px = (i - from.i) * canvas.spacing_i_mm;
    const py = (j - from.j) * canvas.spacing_j_mm;
    const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length2));
    const ex = px - t * dx;
    const ey = py - t * dy;
    return ex * ex + ey * ey <= limit;
  };
}

/** All voxels whose centre lies inside a closed polygon (even-odd rule). */
export function rasterPolygon(
  shape: FrameShape,
  points: readonly FramePoint[],
  visit: SpanVisitor,
): VoxelRect {
  if (points.length < 3) return EMPTY;
  const rect = clipRect(boundsOfPoints(points), shape);
  for (let j = rect.j0; j < rect.j1; j++) {
    const crossings = rowCrossings(points, j);
    for (let at = 0; at + 1 < crossings.length; at += 2) {
      const i0 = Math.max(rect.i0, Math.ceil(crossings[at] ?? 0));
      const i1 = Math.min(rect.i1, Math.ceil(crossings[at + 1] ?? 0));
      if (i1 > i0) visit(j, i0, i1);
    }
  }
  return rect;
}

/** Where the polygon's edges meet row j, sorted. An edge owns its upper end, not its lower one. */
function rowCrossings(points: readonly FramePoint[], j: number): number[] {
  const crossings: number[] = [];
  points.forEach((a, index) => {
    const b = points[(index + 1) % points.length] ?? a;
    if (a.j > j === b.j > j) return;
    crossings.push(a.i + ((j - a.j) / (b.j - a.j)) * (b.i - a.i));
  });
  return crossings.sort((x, y) => x - y);
}

function boundsOfPoints(points: readonly FramePoint[]): VoxelRect {
  const is = points.map((point) => point.i);
  const js = points.map((point) => point.j);
  return {
    i0: Math.floor(Math.min(...is)),
    j0: Math.floor(Math.min(...js)),
    i1: Math.ceil(Math.max(...is)) + 1,
    j1: Math.ceil(Math.max(...js)) + 1,
  };
}

/** All voxels whose centre lies in the rectangle between two corners. */
export function rasterRectangle(
  shape: FrameShape,
  a: FramePoint,
  b: FramePoint,
  visit: SpanVisitor,
): VoxelRect {
  const rect = clipRect(
    {
      i0: Math.ceil(Math.min(a.i, b.i)),
      j0: Math.ceil(Math.min(a.j, b.j)),
      i1: Math.floor(Math.max(a.i, b.i)) + 1,
      j1: Math.floor(Math.max(a.j, b.j)) + 1,
    },
    shape,
  );
  for (let j = rect.j0; j < rect.j1; j++) visit(j, rect.i0, rect.i1);
  return rect;
}

/** All voxels whose centre lies in the ellipse that fits between two corners. */
export function rasterEllipse(
  shape: FrameShape,
  a: FramePoint,
  b: FramePoint,
  visit: SpanVisitor,
): VoxelRect {
  const centre = { i: (a.i + b.i) / 2, j: (a.j + b.j) / 2 };
  const radiusI = Math.abs(a.i - b.i) / 2;
  const radiusJ = Math.abs(a.j - b.j) / 2;
  if (radiusI === 0 || radiusJ === 0) return EMPTY;
  const rect = clipRect(boundsOfPoints([a, b]), shape);
  for (let j = rect.j0; j < rect.j1; j++) {
    const height = 1 - ((j - centre.j) / radiusJ) ** 2;
    if (height < 0) continue;
    const reach = radiusI * Math.sqrt(height);
    const i0 = Math.max(rect.i0, Math.ceil(centre.i - reach));
    const i1 = Math.min(rect.i1, Math.floor(centre.i + reach) + 1);
    if (i1 > i0) visit(j, i0, i1);
  }
  return rect;
}
