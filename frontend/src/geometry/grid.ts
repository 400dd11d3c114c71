import { add, cross, dot, scale, subtract, type Vec3, vec3 } from "./vec3";

/** Where the voxels of a regular grid lie. i = column, j = row, k = slice in grid order. */
export interface GridGeometry {
  readonly origin_mm_lps: Vec3;
  readonly spacing_mm_ijk: Vec3;
  /** Unit vectors of the axes: columns of the 3 x 3 direction matrix. */
  readonly axes: readonly [Vec3, Vec3, Vec3];
}

/** Read a grid from its wire form, where `direction` is a row-major 3 x 3 matrix. */
export function gridGeometry(
  origin_mm_lps: readonly number[],
  spacing_mm_ijk: readonly number[],
  direction: readonly number[],
): GridGeometry {
  if (direction.length !== 9) throw new RangeError("A direction has 9 numbers.");
  const column = (c: number): Vec3 =>
    vec3([0, 1, 2].map((r) => direction[r * 3 + c] ?? Number.NaN));
  return {
    origin_mm_lps: vec3(origin_mm_lps),
    spacing_mm_ijk: vec3(spacing_mm_ijk),
    axes: [column(0), column(1), column(2)],
  };
}

/** Centre of voxel (i, j, k) in patient space; fractions lie between centres. */
export function indexToLps(grid: GridGeometry, index_ijk: Vec3): Vec3 {
  const { axes, spacing_mm_ijk: mm } = grid;
  const i = scale(axes[0], index_ijk[0] * mm[0]);
  const j = scale(axes[1], index_ijk[1] * mm[1]);
  const k = scale(axes[2], index_ijk[2] * mm[2]);
  return add(add(add(grid.origin_mm_lps, i), j), k);
}

/** The (fractional) voxel index of a point. The axes need not be exactly orthogonal. */
export function lpsToIndex(grid: GridGeometry, point_mm_lps: Vec3): Vec3 {
  const [a, b, c] = grid.axes;
  const offset = subtract(point_mm_lps, grid.origin_mm_lps);
  const determinant = dot(a, cross(b, c));
  const solve = (numerator: number, spacing: number): number => numerator / determinant / spacing;
  return [
    solve(dot(offset, cross(b, c)), grid.spacing_mm_ijk[0]),
    solve(dot(a, cross(offset, c)), grid.spacing_mm_ijk[1]),
    solve(dot(a, cross(b, offset)), grid.spacing_mm_ijk[2]),
  ];
}
