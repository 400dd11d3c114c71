"""Polygons drawn on slices become voxels: a voxel belongs to a contour if its centre lies inside."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml_worker.geometry.voxel_grid import VoxelGrid

Mask = NDArray[np.bool_]
# A contour may lie so far from a slice, as a share of the distance between slices.
MOST_OFF_SLICE = 0.5


def fill_polygon(points_ij: ArrayLike, shape: tuple[int, int]) -> Mask:
    """Return which pixels of `shape` (rows, columns) have their centre inside a closed polygon.

    ``points_ij`` are (column, row) in pixels, centres at whole numbers. Even-odd: where an outline
    crosses itself, what it goes round twice is outside.
    """
    points = np.asarray(points_ij, dtype=np.float64)
    rows, columns = shape
    inside = np.zeros(shape, np.bool_)
    ends = np.roll(points, -1, axis=0)
    first = max(int(np.ceil(points[:, 1].min())), 0)
    last = min(int(np.floor(points[:, 1].max())), rows - 1)
    centres = np.arange(columns)
    for row in range(first, last + 1):
        crosses = (points[:, 1] <= row) != (ends[:, 1] <= row)
        start, end = points[crosses], ends[crosses]
        share = (row - start[:, 1]) / (end[:, 1] - start[:, 1])
        at = np.sort(start[:, 0] + share * (end[:, 0] - start[:, 0]))
        inside[row] = np.searchsorted(at, centres, side="right") % 2 == 1
    return inside


def fill_contours(contours_mm_lps: Iterable[ArrayLike], grid: VoxelGrid) -> tuple[Mask, int]:
    """Return the voxels [k, j, i] inside planar contours, and how many contours lay on no slice.

    Contours on one slice are combined by exclusive or, so that one within another is a hole
    (PS3.3 C.8.8.6.3).
    """
    mask = np.zeros(grid.shape_kji, np.bool_)
    left_out = 0
    for contour in contours_mm_lps:
        index = grid.index_from_lps(np.asarray(contour, dtype=np.float64).reshape(-1, 3))
        k = round(float(index[:, 2].mean()))
        off = np.abs(index[:, 2] - k).max()
        if not 0 <= k < grid.shape_kji[0] or off > MOST_OFF_SLICE:
            left_out += 1
            continue
        mask[k] ^= fill_polygon(index[:, :2], grid.shape_kji[1:])
    return mask, left_out
