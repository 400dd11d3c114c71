"""What NRRD and MetaImage have in common: headers of words, and data beside or behind them."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from backend.imaging.domain.convert.model import Source
from backend.imaging.domain.rejections import Rejected

LONGEST_HEADER = 1 << 18
MOST_AXES = 5


def header_bytes(source: Source) -> bytes:
    """Return the beginning of a file, more than any header needs."""
    with source.path.open("rb") as file:
        return file.read(LONGEST_HEADER)


def whole_numbers(text: str, what: str) -> list[int]:
    """Return whole numbers separated by blanks."""
    try:
        return [int(word) for word in text.split()]
    except ValueError:
        raise Rejected("imaging.source_header", why=f"{what} is no list of numbers") from None


def real_numbers(text: str, what: str) -> list[float]:
    """Return numbers separated by blanks; they may be nan, which is judged elsewhere."""
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        raise Rejected("imaging.source_header", why=f"{what} is no list of numbers") from None


def sizes_of(text: str, axes: int) -> tuple[int, ...]:
    """Return the lengths of all axes, fastest first."""
    sizes = whole_numbers(text, "the size")
    if not 1 <= axes <= MOST_AXES or len(sizes) != axes or min(sizes) < 1:
        raise Rejected("imaging.source_header", why="size and number of axes do not fit")
    if math.prod(sizes) > 1 << 50:
        raise Rejected("imaging.source_absurd", why=" x ".join(str(size) for size in sizes))
    return tuple(sizes)


def part_named(source: Source, name: str) -> Path:
    """Return the file beside that a header names; never one from elsewhere."""
    if "/" in name or "\\" in name or name in {"", ".", ".."}:
        raise Rejected("imaging.part_outside")
    place = source.parts.get(name.lower())
    if place is None:
        suffix = Path(name).suffix[:8] or "without a name"
        raise Rejected("imaging.part_missing", why=suffix)
    return place


def scalar_type(kinds: Mapping[str, str], name: str, *, big_endian: bool) -> np.dtype[Any]:
    """Return the numpy type of a format's own word for it."""
    kind = kinds.get(name)
    if kind is None:
        raise Rejected("imaging.source_values", why=f"of kind {name[:24] or 'unknown'}")
    return np.dtype(("" if kind.endswith("1") else ">" if big_endian else "<") + kind)


def true_word(text: str) -> bool:
    """Tell what a header means by yes."""
    return text.strip().lower() in {"true", "1", "yes"}
