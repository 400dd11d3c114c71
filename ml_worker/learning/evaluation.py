"""Dice, volume by volume, with an honest interval (numpy only)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = Mapping[int, NDArray[np.uint16]]

RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over ``n`` volumes with its bootstrap interval."""

    mean: float
    low: float
    high: float
    n: int


def dice(ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> float | None:
    """Return the Dice overlap, or None when both are empty."""
    total = int(ours.sum()) + int(theirs.sum())
    return None if total == 0 else 2 * int((ours & theirs).sum()) / total


def dice_per_segment(ours: Labels, theirs: Labels, segment_ids: Sequence[int]) -> dict[int, float]:
    """Compare two sets of layers segment by segment; leaves out what neither shows."""
    found: dict[int, float] = {}
    for segment in segment_ids:
        value = dice(_voxels(ours, segment), _voxels(theirs, segment))
        if value is not None:
            found[segment] = value
    return found


def bootstrap(values: Sequence[float], seed: int = 0) -> Interval:
    """Return mean and percentile interval of at least one value; resampled by volume."""
    sample = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(sample), (RESAMPLES, len(sample)))
    low, high = np.quantile(sample[drawn].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(sample.mean()), float(low), float(high), len(sample))


def _voxels(layers: Labels, segment: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.any([labels == segment for labels in layers.values()], axis=0)
    return found
