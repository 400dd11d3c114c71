"""Overlays: pictures of one bit on a picture (PS3.3 C.9), in elements of their own or in spare bits.

Groups 6000 to 601E each hold one. Old writers put its bits above the stored ones of the pixels
themselves (Overlay Bit Position, retired in 2004, still found).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.header import integer, text

GROUPS = range(0x6000, 0x6020, 2)
_ROWS, _COLUMNS, _FRAMES, _ORIGIN = 0x0010, 0x0011, 0x0015, 0x0050
_ALLOCATED, _BIT, _DATA, _TYPE, _LABEL = 0x0100, 0x0102, 0x3000, 0x0040, 0x1500
_BITS = tuple(f"{group:04X}{_BIT:04X}" for group in GROUPS)
_SIZES = tuple(f"{group:04X}{_ROWS:04X}" for group in GROUPS)
_KINDS = {"R": "region", "G": "graphics"}
Plane = NDArray[np.bool_]


@dataclass(frozen=True)
class Overlay:
    """One overlay on one frame: `plane` is as large as the frame."""

    group: int
    label: str
    plane: Plane


def hides_overlays(header: Header) -> bool:
    """Tell whether overlays lie in spare bits of the pixels, which are then not part of a value."""
    return any((integer(header, tag) or 0) > 0 for tag in _BITS)


def overlay_names(header: Header) -> list[str]:
    """Return what the overlays of an image are called."""
    found = [tag[:4] for tag in _SIZES if tag in header and integer(header, tag)]
    return [
        text(header, f"{group}{_LABEL:04X}", 64)
        or _KINDS.get(text(header, f"{group}{_TYPE:04X}", 16), "overlay")
        for group in found
    ]


def overlays_of(
    dataset: Dataset, number: int, spare: NDArray[np.integer] | None
) -> Iterator[Overlay]:
    """Yield the overlays on frame `number` (from 1).

    `spare` are the frame's stored values with all their bits, for overlays that lie in them.
    """
    shape = (int(dataset.Rows), int(dataset.Columns))
    for group in GROUPS:
        rows, columns = _whole(dataset, group, _ROWS), _whole(dataset, group, _COLUMNS)
        if not rows or not columns:
            continue
        bit = _whole(dataset, group, _BIT)
        if bit and spare is not None:
            plane: Plane | None = (spare >> bit & 1).astype(np.bool_)
        else:
            plane = _own_plane(dataset, group, (rows, columns), number)
        if plane is not None:
            label = str(dataset[group, _LABEL].value) if (group, _LABEL) in dataset else ""
            yield Overlay(group, label, _laid(plane, shape, _origin(dataset, group)))


def _own_plane(dataset: Dataset, group: int, shape: tuple[int, int], number: int) -> Plane | None:
    """Return an overlay from its own element: bits one after the other, lowest first."""
    if (group, _DATA) not in dataset:
        return None
    frames = max(_whole(dataset, group, _FRAMES), 1)
    first = max(_whole(dataset, group, 0x0051), 1)
    place = number - first if frames > 1 else 0
    pixels = shape[0] * shape[1]
    bits = np.unpackbits(np.frombuffer(dataset[group, _DATA].value, np.uint8), bitorder="little")
    cut = bits[place * pixels : (place + 1) * pixels]
    if place < 0 or cut.size < pixels:
        return None
    return cut.reshape(shape).astype(np.bool_)


def _laid(plane: Plane, shape: tuple[int, int], origin: tuple[int, int]) -> Plane:
    """Lay an overlay on a frame of `shape`, its first pixel at `origin` (row, column from 1)."""
    laid = np.zeros(shape, np.bool_)
    top, left = origin[0] - 1, origin[1] - 1
    cut = plane[max(-top, 0) :, max(-left, 0) :]
    top, left = max(top, 0), max(left, 0)
    height, width = (
        max(min(cut.shape[0], shape[0] - top), 0),
        max(min(cut.shape[1], shape[1] - left), 0),
    )
    laid[top : top + height, left : left + width] = cut[:height, :width]
    return laid


def _origin(dataset: Dataset, group: int) -> tuple[int, int]:
    values = list(dataset[group, _ORIGIN].value or []) if (group, _ORIGIN) in dataset else []
    return (int(values[0]), int(values[1])) if len(values) == 2 else (1, 1)


def _whole(dataset: Dataset, group: int, element: int) -> int:
    if (group, element) not in dataset:
        return 0
    try:
        return int(dataset[group, element].value)
    except (TypeError, ValueError):
        return 0
