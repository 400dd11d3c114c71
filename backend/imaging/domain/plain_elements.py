"""The elements of an ordinary DICOM file in one pass over its bytes: where each one lies.

Most files are written by the book: file meta information, then little endian elements in order.
Those are read here without an object per element. Whatever is out of the ordinary (big endian,
deflated, no meta information, lengths that do not add up, an unknown VR, a tag that comes twice)
is not judged here: `read_elements` returns None and pydicom reads the file.
"""

import mmap
import struct
from dataclasses import dataclass
from typing import Any

from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from backend.imaging.domain.dicom_json import DEEPEST_SEQUENCE, public_vr

# Values longer than this are bulk data and left out, as by the other reader.
LONGEST_VALUE = 1 << 16
LARGEST_HEADER = 1 << 26
UNDEFINED = 0xFFFFFFFF
Buffer = mmap.mmap | bytes
# tag -> (VR, offset of the value, length, the items of a sequence)
Element = tuple[str, int, int, "list[dict[int, Any]] | None"]
Elements = dict[int, Element]

_HEAD = struct.Struct("<HHI")
_SHORT = struct.Struct("<HH2sH")
_LONG = struct.Struct("<I")
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_ITEM_END_WORD = 0xE00DFFFE  # its tag as it stands in the file
_NOT_HERE = frozenset({0x0002, 0xFFFE})
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_META_START = 132
_SHORT_VRS = {
    vr.encode(): vr for vr in ["AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"]
}  # fmt: skip
_LONG_VRS = {
    vr.encode(): vr
    for vr in ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]
}
_WORDS_OF_VRS = frozenset(int.from_bytes(vr, "little") for vr in (*_SHORT_VRS, *_LONG_VRS))
_OTHER_WAYS = frozenset({str(DeflatedExplicitVRLittleEndian), str(ExplicitVRBigEndian)})


class Unusual(ValueError):
    """Something that pydicom shall read."""


@dataclass(frozen=True)
class PlainElements:
    """What lies before the pixels: `meta` is group 2 as text, elements are between start and end."""

    elements: Elements
    meta: dict[int, str]
    start: int
    end: int
    is_implicit: bool

    def head_bytes(self, tag: int) -> int:
        """Return how many bytes stand before an element's value."""
        is_long = not self.is_implicit and self.elements[tag][0] in _LONG_VRS.values()
        return 12 if is_long else 8


def read_elements(buffer: Buffer) -> PlainElements | None:
    """Return the elements of a file written by the book; None for any other."""
    if bytes(buffer[128:_META_START]) != b"DICM":
        return None
    try:
        meta, start = _meta(buffer)
        syntax = meta.get(0x00020010, "")
        if not syntax or syntax in _OTHER_WAYS:
            return None
        is_implicit = syntax == ImplicitVRLittleEndian
        elements, end = _Reader(buffer, is_implicit=is_implicit).elements(start, len(buffer), 0)
    except (Unusual, struct.error, RecursionError):
        return None
    return PlainElements(elements, meta, start, end, is_implicit) if elements else None


def _meta(buffer: Buffer) -> tuple[dict[int, str], int]:
    """Return the file meta information as text, and where it ends."""
    reader = _Reader(buffer, is_implicit=False)
    meta: dict[int, str] = {}
    place = _META_START
    while _LONG.unpack_from(buffer, place)[0] & 0xFFFF == 0x0002:
        tag, _, offset, length = reader.explicit_head(place)
        place = offset + length
        if length == UNDEFINED or place > len(buffer):
            raise Unusual
        if length <= LONGEST_VALUE:
            meta[tag] = bytes(buffer[offset:place]).decode("ascii", "replace").strip("\0 ")
    return meta, place


class _Reader:
    """Reads data sets of one buffer in one encoding."""

    def __init__(self, buffer: Buffer, *, is_implicit: bool) -> None:
        self._buffer = buffer
        self._is_implicit = is_implicit
        self._head = self._implicit_head if is_implicit else self.explicit_head

    def elements(self, place: int, end: int, depth: int) -> tuple[Elements, int]:
        """Return the elements from `place` to `end`, pixel data or the item's end, and where that is."""
        if depth > DEEPEST_SEQUENCE or place > LARGEST_HEADER:
            raise Unusual
        found: Elements = {}
        while place < end:
            tag, vr, offset, length = self._head(place)
            if depth == 0 and tag in _PIXELS:
                return found, place
            if tag == _ITEM_END and depth:
                return found, offset
            if tag in found:
                raise Unusual
            if vr == "SQ":
                items, place = self._items(offset, length, end, depth)
                found[tag] = (vr, offset, length, items)
                continue
            place = offset + length
            if place > end or length == UNDEFINED or tag >> 16 in _NOT_HERE:
                raise Unusual
            found[tag] = (vr, offset, length, None)
        return found, place

    def explicit_head(self, place: int) -> tuple[int, str, int, int]:
        """Return tag, VR, offset and length of the element at `place`."""
        group, element, vr_bytes, length = _SHORT.unpack_from(self._buffer, place)
        tag = group << 16 | element
        vr = _SHORT_VRS.get(vr_bytes)
        if vr is not None:
            return tag, vr, place + 8, length
        vr = _LONG_VRS.get(vr_bytes)
        if vr is not None:
            return tag, vr, place + 12, _LONG.unpack_from(self._buffer, place + 8)[0]
        if group == 0xFFFE:
            return tag, "", place + 8, _LONG.unpack_from(self._buffer, place + 4)[0]
        raise Unusual

    def _implicit_head(self, place: int) -> tuple[int, str, int, int]:
        group, element, length = _HEAD.unpack_from(self._buffer, place)
        tag = group << 16 | element
        if group == 0xFFFE:
            return tag, "", place + 8, length
        if length & 0xFFFF in _WORDS_OF_VRS:
            raise Unusual  # it may be explicit in spite of what the file says
        return tag, public_vr(tag) or "UN", place + 8, length

    def _items(self, place: int, length: int, limit: int, depth: int) -> tuple[list[Elements], int]:
        """Return the items of a sequence and where it ends."""
        end = limit if length == UNDEFINED else place + length
        if end > limit:
            raise Unusual
        items: list[Elements] = []
        while place < end:
            group, element, size = _HEAD.unpack_from(self._buffer, place)
            tag, place = group << 16 | element, place + 8
            if tag == _SEQUENCE_END and length == UNDEFINED:
                return items, place
            if tag != _ITEM:
                raise Unusual
            item, place = self._item(place, size, end, depth + 1)
            items.append(item)
        if length == UNDEFINED:
            raise Unusual
        return items, place

    def _item(self, place: int, size: int, limit: int, depth: int) -> tuple[Elements, int]:
        if size == UNDEFINED:
            item, place = self.elements(place, limit, depth)
            is_whole = _LONG.unpack_from(self._buffer, place - 8)[0] == _ITEM_END_WORD
        else:
            end = place + size
            item, place = self.elements(place, min(end, limit), depth)
            is_whole = place == end
        if not is_whole:
            raise Unusual
        return item, place
