"""What a case would teach: where its prediction is unsure, said in numbers and slices.

Uncertainty is the binary entropy of the averaged looks, weighted to the foreground: a slice's
value is the mean over the predicted segment and the rim around it, a volume's the mean over its
most uncertain slices. (The rim alone is always unsure; taking the top voxels would only measure it.)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml_worker.learning.prediction import Probability

Mask = NDArray[np.bool_]

RIM_PIXELS = 2
# A volume is as unsure as this share of its slices, the most unsure ones.
TOP_SHARE = 0.1
# Slices around the most unsure one belong to the range while they reach this share of it.
RANGE_SHARE = 0.75
# With nothing predicted, the most doubtful share of all voxels speaks.
TOP_VOXELS = 0.001


@dataclass(frozen=True)
class SegmentDoubt:
    """How unsure one segment is (0 to 1), and on which slices most, from 0, ends included."""

    uncertainty: float
    first_k: int
    last_k: int


@dataclass(frozen=True)
class Doubt:
    """How unsure a volume is. Slices count in the order of the original volume."""

    uncertainty: float
    foreground_fraction: float
    per_segment: dict[int, SegmentDoubt]
    per_slice: tuple[float, ...]


def doubt_of(probability: Probability, segment_ids: Sequence[int], *, flip_k: bool) -> Doubt:
    """Measure ``probability`` [segments, k, j, i]; ``flip_k`` says its slices run backwards."""
    if flip_k:
        probability = probability[:, ::-1]
    depth = probability.shape[1]
    per_segment: dict[int, SegmentDoubt] = {}
    weighted, area = np.zeros(depth), np.zeros(depth)
    foreground = np.zeros(probability.shape[1:], dtype=np.bool_)
    for n, segment in enumerate(segment_ids):
        shown = probability[n] > 0.5
        if not shown.any():
            continue
        foreground |= shown
        total, size = _entropy_near(probability[n], shown)
        weighted, area = weighted + total, area + size
        per_segment[segment] = _range(_mean(total, size))
    per_slice = _mean(weighted, area)
    return Doubt(
        uncertainty=_top(per_slice) if per_segment else _faint(probability),
        foreground_fraction=float(foreground.mean()),
        per_segment=per_segment,
        per_slice=tuple(float(v) for v in per_slice),
    )


def entropy(probability: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the binary entropy in bits: 0 for sure, 1 for one half."""
    p = np.clip(probability.astype(np.float32), 1e-6, 1 - 1e-6)
    bits: NDArray[np.float32] = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return bits


def _entropy_near(
    probability: NDArray[np.float16], shown: Mask
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, slice by slice, the sum of entropy over a segment with its rim, and their size."""
    total, size = np.zeros(len(shown)), np.zeros(len(shown))
    for k in np.flatnonzero(shown.any(axis=(1, 2))):
        near = ndimage.binary_dilation(shown[k], iterations=RIM_PIXELS)
        total[k] = entropy(probability[k][near]).sum()
        size[k] = near.sum()
    return total, size


def _mean(total: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    return total / np.maximum(size, 1)


def _top(per_slice: NDArray[np.float64]) -> float:
    count = max(1, math.ceil(TOP_SHARE * len(per_slice)))
    return float(np.sort(per_slice)[-count:].mean())


def _range(per_slice: NDArray[np.float64]) -> SegmentDoubt:
    peak = int(per_slice.argmax())
    enough = per_slice >= RANGE_SHARE * per_slice[peak]
    first = last = peak
    while first > 0 and enough[first - 1]:
        first -= 1
    while last + 1 < len(enough) and enough[last + 1]:
        last += 1
    return SegmentDoubt(_top(per_slice), first, last)


def _faint(probability: Probability) -> float:
    bits = entropy(probability.max(axis=0)).reshape(-1)
    count = max(1, math.ceil(TOP_VOXELS * bits.size))
    return float(np.partition(bits, -count)[-count:].mean())
