"""Which slices a plane goes through: the way back to an image whose identifiers were lost."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.geometry.frames import slice_normal

# Structure sets drawn on an image lie on its slices; this share of a slice's distance is rounding.
MOST_OFF_SHARE = 0.5
# So much of an object may stand out over the edge of the image it was drawn on.
FEWEST_INSIDE = 0.9


def distance_to(
    points_mm_lps: Sequence[Sequence[float]],
    positions_mm_lps: Sequence[Sequence[float]],
    orientation: Sequence[float],
    size_mm: tuple[float, float],
) -> float | None:
    """Return the mean distance (mm) of points from the nearest slice; None where they do not lie in it.

    Slices are given by the positions of their first voxels and their common orientation; `size_mm`
    is how far they reach along the row and the column direction.
    """
    points = np.asarray(points_mm_lps, dtype=np.float64)
    corners = np.asarray(positions_mm_lps, dtype=np.float64)
    normal = slice_normal(orientation)
    along = np.sort(corners @ normal)
    off = np.abs(points @ normal - along[_nearest(along, points @ normal)])
    gap = float(np.median(np.diff(along))) if len(along) > 1 else 1.0
    inside = _is_inside(points - corners[0], orientation, size_mm) & (off <= MOST_OFF_SHARE * gap)
    return float(off.mean()) if inside.mean() >= FEWEST_INSIDE else None


def _nearest(along: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[Any]:
    right = np.clip(np.searchsorted(along, places), 1, max(len(along) - 1, 1))
    right = np.minimum(right, len(along) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(np.abs(places - along[left]) <= np.abs(along[right] - places), left, right)


def _is_inside(
    offsets: NDArray[np.float64], orientation: Sequence[float], size_mm: tuple[float, float]
) -> NDArray[np.bool_]:
    inside = np.ones(len(offsets), dtype=np.bool_)
    for direction, reach in zip((orientation[:3], orientation[3:]), size_mm, strict=True):
        along = offsets @ np.asarray(direction, dtype=np.float64)
        inside &= (along >= -1.0) & (along <= reach + 1.0)
    return inside
