"""How well two labellings agree, pixel by pixel, straight from their run lengths."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from ml_worker.contract.masks import MaskRuns, parse_mask

# (layer, frame key) -> limn-rle-1 bytes.
MaskFrames = Mapping[tuple[int, str], bytes]


def dice_per_segment(first: MaskFrames, second: MaskFrames) -> dict[int, float]:
    """Return the Dice overlap of each segment that at least one of the two holds: 0 to 1, exact.

    A pixel counts as 1 whatever its size: both lie on the same grid.
    """
    sizes: Counter[int] = Counter()
    shared: Counter[int] = Counter()
    for key in first.keys() | second.keys():
        a, b = first.get(key), second.get(key)
        if a == b and a is not None:
            pixels = parse_mask(a).count_pixels()
            shared.update(pixels)
            sizes.update({number: 2 * count for number, count in pixels.items()})
            continue
        runs = [parse_mask(data) for data in (a, b) if data is not None]
        for each in runs:
            sizes.update(each.count_pixels())
        if len(runs) == 2:
            shared.update(_common_pixels(*runs))
    return {number: 2 * shared[number] / total for number, total in sorted(sizes.items())}


def same_segment(first: MaskFrames, second: MaskFrames, number: int) -> bool:
    """Tell whether a segment covers exactly the same pixels in both."""
    for key in first.keys() | second.keys():
        a, b = first.get(key), second.get(key)
        if a != b and _spans(a, number) != _spans(b, number):
            return False
    return True


def _common_pixels(a: MaskRuns, b: MaskRuns) -> dict[int, int]:
    """Pixels on which both name the same segment: cut at every run end of either, compare."""
    ends_a, ends_b = np.cumsum(a.lengths), np.cumsum(b.lengths)
    if (a.rows, a.columns) != (b.rows, b.columns):
        raise ValueError("the masks lie on frames of different sizes")
    cuts = np.union1d(ends_a, ends_b)
    lengths = np.diff(cuts, prepend=0)
    values_a = a.values[np.searchsorted(ends_a, cuts)]
    values_b = b.values[np.searchsorted(ends_b, cuts)]
    same = (values_a == values_b) & (values_a > 0)
    totals = np.bincount(values_a[same], weights=lengths[same])
    return {int(number): int(totals[number]) for number in np.flatnonzero(totals)}


def _spans(data: bytes | None, number: int) -> list[tuple[int, int]]:
    """Return the start and end of each run of one segment, in row-major pixels."""
    if data is None:
        return []
    runs = parse_mask(data)
    ends = np.cumsum(runs.lengths)
    mine = runs.values == number
    return list(zip((ends - runs.lengths)[mine].tolist(), ends[mine].tolist(), strict=True))
