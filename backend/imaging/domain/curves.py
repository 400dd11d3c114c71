"""Brightness tables that images bring along: VOI LUT Sequence (PS3.3 C.11.2.1.1)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.header import items, numbers, text

LONGEST = 1 << 16
BITS = range(8, 17)
SEQUENCE_TAGS = ("VOILUTSequence", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")  # fmt: skip
Entries = NDArray[np.uint16]
Pixels = NDArray[Any]
Described = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """What grey each shown value from `first` on has; `bits` say how large an entry may be."""

    name: str
    first: int
    bits: int
    entries: Entries


def tables_described(voi: Header, *, below_zero: bool) -> list[Described]:
    """Return what a header says of its tables; those that cannot be are left out.

    `below_zero` tells that shown values may be negative: writers without explicit VRs leave open
    whether the first mapped one is.
    """
    found = []
    for place, item in enumerate(items(voi, "00283010")):
        descriptor = numbers(item, "00283002", 3)
        if descriptor is None or int(descriptor[2]) not in BITS:
            continue
        count, first, bits = int(descriptor[0]) or LONGEST, int(descriptor[1]), int(descriptor[2])
        if first >= 1 << 15 and (below_zero or first + count > LONGEST):
            first -= LONGEST
        name = text(item, "00283003", 64)
        found.append({"place": place, "name": name, "first": first, "count": count, "bits": bits})
    return found


def tables_of(dataset: Dataset, number: int, described: list[Described]) -> list[Table | None]:
    """Return the tables of frame `number` (from 1); None in place of one that cannot be read."""
    sequence = _voi_of(dataset, number).get("VOILUTSequence") or []
    return [
        _table(sequence[each["place"]], each) if each["place"] < len(sequence) else None
        for each in described
    ]


def through_table(table: Table, values: Pixels) -> Pixels:
    """Return shown values through a table, from 0 to 1; those between two take the nearer entry."""
    last = len(table.entries) - 1
    places = np.floor(np.nan_to_num(values.astype(np.float64)) + 0.5) - table.first
    entries = table.entries[np.clip(places, 0, last).astype(np.intp)]
    grey: Pixels = np.minimum(entries / ((1 << table.bits) - 1), 1.0)
    return grey


def _voi_of(dataset: Dataset, number: int) -> Dataset:
    """Return where the tables of a frame stand: in its own group, a shared one, or the header."""
    frames = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    for group in [*frames[number - 1 : number], *shared[:1]]:
        own = group.get("FrameVOILUTSequence")
        if own and "VOILUTSequence" in own[0]:
            return Dataset(own[0])
    return dataset


def _table(item: Dataset, described: Described) -> Table | None:
    count, bits = described["count"], described["bits"]
    words = _words(item.get("LUTData"), little=_is_little(item))
    if words is None:
        return None
    if len(words) < count and bits == 8:  # two entries in a word, the lower byte first
        words = np.stack([words & 0xFF, words >> 8], axis=-1).ravel()
    if len(words) < count:
        return None
    return Table(described["name"], described["first"], bits, words[:count])


def _words(value: Any, *, little: bool) -> Entries | None:  # noqa: ANN401  what pydicom gives
    """Return the values of an element of words, whether it came as bytes (OW) or numbers (US)."""
    if isinstance(value, bytes):
        even = value[: len(value) // 2 * 2]
        return np.frombuffer(even, "<u2" if little else ">u2").astype(np.uint16)
    try:
        return (np.atleast_1d(np.asarray(value, np.int64)) & 0xFFFF).astype(np.uint16)
    except (TypeError, ValueError):
        return None


def _is_little(item: Dataset) -> bool:
    return item.original_encoding[1] is not False
