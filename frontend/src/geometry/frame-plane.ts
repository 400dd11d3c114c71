import { add, cross, dot, scale, subtract, type Vec3 } from "./vec3";

/** A continuous position on a frame, in voxels: (0, 0) is the centre of the first voxel. */
export interface FramePoint {
  /** Column. */
  readonly i: number;
  /** Row. */
  readonly j: number;
}

/** Where one frame lies in patient space. Each frame has its own: gaps and tilts stay what they are. */
export interface FramePlane {
  /** Centre of voxel (0, 0). */
  readonly origin_mm_lps: Vec3;
  /** Unit vector along a row (towards larger i). */
  readonly along_i: Vec3;
  /** Unit vector along a column (towards larger j). */
  readonly along_j: Vec3;
  readonly spacing_i_mm: number;
  readonly spacing_j_mm: number;
}

/** Centre of the voxel (or the point between centres) in patient space. */
export function pointToLps(plane: FramePlane, point: FramePoint): Vec3 {
  const alongRow = scale(plane.along_i, point.i * plane.spacing_i_mm);
  const alongColumn = scale(plane.along_j, point.j * plane.spacing_j_mm);
  return add(add(plane.origin_mm_lps, alongRow), alongColumn);
}

/** The point of the frame nearest to a position (its foot along the frame's normal). */
export function lpsToPoint(plane: FramePlane, position_mm_lps: Vec3): FramePoint {
  const offset = subtract(position_mm_lps, plane.origin_mm_lps);
  return {
    i: dot(offset, plane.along_i) / plane.spacing_i_mm,
    j: dot(offset, plane.along_j) / plane.spacing_j_mm,
  };
}

/** Unit normal of the frame: the direction in which slices are sorted. */
export function planeNormal(plane: FramePlane): Vec3 {
  return cross(plane.along_i, plane.along_j);
}

/** Signed distance of a position from the frame's plane, in millimetres. */
export function distanceFromPlane(plane: FramePlane, position_mm_lps: Vec3): number {
  return dot(subtract(position_mm_lps, plane.origin_mm_lps), planeNormal(plane));
}
