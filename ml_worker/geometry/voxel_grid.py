"""A regular lattice of voxel centres in patient space.

Patient coordinates are LPS millimetres (left, posterior, superior grow). A position is the
centre of a voxel. Index order is (i, j, k) = (column, row, frame); arrays are indexed (k, j, i).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]

# A direction matrix whose determinant is closer to zero than this spans no volume.
DEGENERATE_DETERMINANT = 1e-6
UNIT_LENGTH_TOLERANCE = 1e-4
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True)
class VoxelGrid:
    """Origin, spacing, axes and shape of a volume.

    ``direction`` is row-major 3x3; its columns are the unit vectors of i, j and k in LPS. The k
    column may lean (gantry tilt), so the matrix need not be orthogonal.
    """

    origin_mm_lps: tuple[float, float, float]
    spacing_mm_ijk: tuple[float, float, float]
    direction: tuple[float, ...]
    shape_kji: tuple[int, int, int]

    def __post_init__(self) -> None:
        if len(self.direction) != 9:
            raise ValueError(f"a direction has 9 numbers, got {len(self.direction)}")
        if not np.isfinite([*self.origin_mm_lps, *self.spacing_mm_ijk, *self.direction]).all():
            raise ValueError("a grid's numbers must be finite")
        if min(self.spacing_mm_ijk) <= 0 or min(self.shape_kji) <= 0:
            raise ValueError("spacing and shape of a grid must be positive")
        axes = self.axes
        if np.abs(np.linalg.norm(axes, axis=0) - 1).max() > UNIT_LENGTH_TOLERANCE:
            raise ValueError("the columns of a direction must have length 1")
        if abs(np.linalg.det(axes)) < DEGENERATE_DETERMINANT:
            raise ValueError("the axes of a grid must span a volume")

    @classmethod
    def build(
        cls,
        origin_mm_lps: ArrayLike,
        spacing_mm_ijk: ArrayLike,
        direction: ArrayLike,
        shape_kji: Sequence[int],
    ) -> Self:
        """Make a grid from any array-likes (direction 3x3 or 9 numbers, row-major)."""
        x, y, z = (float(v) for v in np.asarray(origin_mm_lps, dtype=np.float64))
        di, dj, dk = (float(v) for v in np.asarray(spacing_mm_ijk, dtype=np.float64))
        nine = tuple(float(v) for v in np.asarray(direction, dtype=np.float64).reshape(-1))
        k, j, i = (int(v) for v in shape_kji)
        return cls((x, y, z), (di, dj, dk), nine, (k, j, i))

    @property
    def axes(self) -> Vector:
        """The direction as a 3x3 matrix whose columns are i, j, k."""
        return np.asarray(self.direction, dtype=np.float64).reshape(3, 3)

    @property
    def affine_lps(self) -> Vector:
        """4x4 matrix from (i, j, k, 1) to LPS millimetres."""
        affine = np.eye(4)
        affine[:3, :3] = self.axes * np.asarray(self.spacing_mm_ijk)
        affine[:3, 3] = self.origin_mm_lps
        return affine

    @property
    def affine_ras(self) -> Vector:
        """4x4 matrix from (i, j, k, 1) to RAS millimetres, as NIfTI wants it."""
        return LPS_TO_RAS @ self.affine_lps

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel; less than the product of spacings where the grid leans."""
        return float(abs(np.linalg.det(self.affine_lps[:3, :3])))

    def lps_from_index(self, index_ijk: ArrayLike) -> Vector:
        """Centres, LPS mm [..., 3], of (fractional) indices [..., 3] in order i, j, k."""
        affine = self.affine_lps
        points: Vector = np.asarray(index_ijk, dtype=np.float64) @ affine[:3, :3].T + affine[:3, 3]
        return points

    def index_from_lps(self, points_mm_lps: ArrayLike) -> Vector:
        """Fractional indices [..., 3] in order i, j, k of points [..., 3] in LPS mm."""
        offset = np.asarray(points_mm_lps, dtype=np.float64) - np.asarray(self.origin_mm_lps)
        index: Vector = offset @ np.linalg.inv(self.affine_lps[:3, :3]).T
        return index

    def contains(self, index_ijk: ArrayLike) -> NDArray[np.bool_]:
        """Whether (fractional) indices [..., 3] lie inside a voxel of the grid, edges included."""
        index = np.asarray(index_ijk, dtype=np.float64)
        upper = np.asarray(self.shape_kji[::-1], dtype=np.float64) - 0.5
        return np.asarray(((index >= -0.5) & (index <= upper)).all(axis=-1), dtype=np.bool_)
