"""COCO's run lengths, read back after their description and not by the library that wrote them.

Counts of background and foreground pixels in turn, column by column, background first. As text:
from the third count on the difference to the count two before; five bits a character from the
lowest up, bit 5 says that more follow, bit 4 of the last is the sign; 48 is added to each.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
_MORE, _SIGN, _LOW, _FIRST, _BITS = 0x20, 0x10, 0x1F, 48, 5
# Counts below 2 ** 34 need no more: far above any image.
_MOST_GROUPS = 7


def unpack_flat(text: str, size: int) -> NDArray[np.bool_]:
    """Return the mask of `size` pixels, column by column; raises ValueError at any other size."""
    counts = _counts(text)
    if counts.sum() != size or (counts < 0).any():
        raise ValueError("the run lengths do not cover the image")
    inside = np.zeros(counts.size, np.bool_)
    inside[1::2] = True
    return np.repeat(inside, counts)


def _counts(text: str) -> Numbers:
    stream = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - _FIRST
    if stream.size == 0 or stream[-1] & _MORE:
        raise ValueError("the run lengths are cut")
    ends = np.flatnonzero(~stream & _MORE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    sizes = ends - starts + 1
    if sizes.max() > _MOST_GROUPS:
        raise ValueError("the run lengths have a number that is too long")
    shift = _BITS * (np.arange(stream.size) - np.repeat(starts, sizes))
    counts: Numbers = np.add.reduceat((stream & _LOW) << shift, starts)
    counts -= np.where(stream[ends] & _SIGN, 1, 0) << (_BITS * sizes)
    counts[1::2] = np.cumsum(counts[1::2])
    counts[2::2] = np.cumsum(counts[2::2])
    return counts
