"""Whether two files show the same image, whatever their headers say and however they are encoded."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ml_worker.pixels.safe_decoders import iter_pixels
from ml_worker.pixels.whole_file import read_whole

# Larger images are compared byte by byte only.
MOST_BYTES = 256 << 20
_SHAPE = ("Rows", "Columns", "SamplesPerPixel", "NumberOfFrames", "PixelRepresentation")
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def is_same_image(one: Path, other: Path) -> bool:
    """Tell whether every frame of both files has the same stored values; False where unknown."""
    try:
        return _is_same(read_whole(one), read_whole(other))
    except Exception:  # noqa: BLE001  decoders raise anything: then nobody knows
        return False


def _is_same(one: Dataset, other: Dataset) -> bool:
    pixels = [(_pixels(each), _syntax(each)) for each in (one, other)]
    if any(each[0] is None for each in pixels):
        return one == other  # without pixels the header is all there is
    if any(one.get(word, 1) != other.get(word, 1) for word in _SHAPE):
        return False
    if pixels[0] == pixels[1]:
        return True
    if _bytes(one) > MOST_BYTES:
        return False
    return all(_is_equal(*frames) for frames in zip_longest(_frames(one), _frames(other)))


def _pixels(dataset: Dataset) -> bytes | None:
    return next((dataset[word].value for word in _PIXELS if word in dataset), None)


def _syntax(dataset: Dataset) -> str:
    return str(getattr(dataset, "file_meta", Dataset()).get("TransferSyntaxUID", ""))


def _bytes(dataset: Dataset) -> int:
    words = (int(dataset.get(word) or 1) for word in ("Rows", "Columns", "NumberOfFrames"))
    count = int(dataset.get("SamplesPerPixel") or 1) * int(dataset.get("BitsAllocated") or 8) // 8
    for each in words:
        count *= each
    return count


def _frames(dataset: Dataset) -> Iterator[NDArray[Any]]:
    yield from iter_pixels(dataset)


def _is_equal(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)
