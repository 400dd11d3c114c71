"""The header of an ordinary DICOM file in one pass over its bytes.

Most files are written by the book: file meta information, then little endian elements. Those are
read here without an object per element, several times faster than pydicom does it. Whatever is
out of the ordinary (big endian, deflated, no meta information, lengths that do not add up, an
unknown VR) is not judged here: `read_plain` returns None and pydicom reads the file.
"""

import mmap
import struct
from dataclasses import dataclass
from typing import Any

from pydicom.charset import convert_encodings
from pydicom.datadict import private_dictionary_VR
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from backend.imaging.domain.bulk import elsewhere
from backend.imaging.domain.dicom_json import (
    AMBIGUOUS,
    BINARY,
    BULK_BYTES,
    DEEPEST_SEQUENCE,
    DEFAULT_ENCODINGS,
    Header,
    convert_bytes,
    public_vr,
)

# Values longer than this are bulk data and left out, as by the other reader.
LONGEST_VALUE = 1 << 16
LARGEST_HEADER = 1 << 26
Buffer = mmap.mmap | bytes
# tag -> (VR, offset of the value, length, the items of a sequence)
_Element = tuple[str, int, int, "list[dict[int, Any]] | None"]
_Elements = dict[int, _Element]

_HEAD = struct.Struct("<HHI")
_SHORT = struct.Struct("<HH2sH")
_LONG = struct.Struct("<I")
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_ITEM_END_WORD = 0xE00DFFFE  # its tag as it stands in the file
_NOT_HERE = frozenset({0x0002, 0xFFFE})
_CHARACTER_SET, _PIXEL_REPRESENTATION = 0x00080005, 0x00280103
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_META_START = 132
_SHORT_VRS = {
    vr.encode(): vr for vr in ["AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"]
}  # fmt: skip
_LONG_VRS = {
    vr.encode(): vr
    for vr in ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]
}
_OTHER_WAYS = frozenset({str(DeflatedExplicitVRLittleEndian), str(ExplicitVRBigEndian)})


class _Unusual(ValueError):
    """Something that pydicom shall read."""


@dataclass(frozen=True)
class PlainHeader:
    """What the file says before its pixels: `meta` is group 2 as text, `end` where it stops."""

    header: Header
    meta: dict[int, str]
    end: int
    is_implicit: bool


def read_plain(buffer: Buffer) -> PlainHeader | None:
    """Return the header of a file written by the book; None for any other."""
    if bytes(buffer[128:_META_START]) != b"DICM":
        return None
    try:
        meta, start = _meta(buffer)
        syntax = meta.get(0x00020010, "")
        if not syntax or syntax in _OTHER_WAYS:
            return None
        is_implicit = syntax == ImplicitVRLittleEndian
        reader = _Reader(buffer, is_implicit=is_implicit)
        elements, end = reader.elements(start, len(buffer), depth=0)
        if not elements:
            return None
        header = reader.header(elements, DEFAULT_ENCODINGS)
        return PlainHeader(header, meta, end, is_implicit)
    except (_Unusual, struct.error, RecursionError):
        return None


def _meta(buffer: Buffer) -> tuple[dict[int, str], int]:
    """Return the file meta information as text, and where it ends."""
    reader = _Reader(buffer, is_implicit=False)
    meta: dict[int, str] = {}
    place = _META_START
    while _LONG.unpack_from(buffer, place)[0] & 0xFFFF == 0x0002:
        tag, _, offset, length = reader.explicit_head(place)
        place = offset + length
        if length == _UNDEFINED or place > len(buffer):
            raise _Unusual
        if length <= LONGEST_VALUE:
            meta[tag] = bytes(buffer[offset:place]).decode("ascii", "replace").strip("\0 ")
    return meta, place


class _Reader:
    """Reads data sets of one buffer in one encoding."""

    def __init__(self, buffer: Buffer, *, is_implicit: bool) -> None:
        self._buffer = buffer
        self._is_implicit = is_implicit
        self._head = self._implicit_head if is_implicit else self.explicit_head

    def elements(self, place: int, end: int, depth: int) -> tuple[_Elements, int]:
        """Return the elements from `place` to `end`, pixel data or the item's end, and where that is."""
        if depth > DEEPEST_SEQUENCE or place > LARGEST_HEADER:
            raise _Unusual
        found: _Elements = {}
        while place < end:
            tag, vr, offset, length = self._head(place)
            if depth == 0 and tag in _PIXELS:
                return found, place
            if tag == _ITEM_END and depth:
                return found, offset
            if vr == "SQ":
                items, place = self._items(offset, length, end, depth)
                found[tag] = (vr, offset, length, items)
                continue
            place = offset + length
            if place > end or length == _UNDEFINED or tag >> 16 in _NOT_HERE:
                raise _Unusual
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
        raise _Unusual

    def _implicit_head(self, place: int) -> tuple[int, str, int, int]:
        group, element, length = _HEAD.unpack_from(self._buffer, place)
        tag = group << 16 | element
        if group == 0xFFFE:
            return tag, "", place + 8, length
        if length & 0xFFFF in _WORDS_OF_VRS:
            raise _Unusual  # it may be explicit in spite of what the file says
        return tag, public_vr(tag) or "UN", place + 8, length

    def _items(
        self, place: int, length: int, limit: int, depth: int
    ) -> tuple[list[_Elements], int]:
        """Return the items of a sequence and where it ends."""
        end = limit if length == _UNDEFINED else place + length
        if end > limit:
            raise _Unusual
        items: list[_Elements] = []
        while place < end:
            group, element, size = _HEAD.unpack_from(self._buffer, place)
            tag, place = group << 16 | element, place + 8
            if tag == _SEQUENCE_END and length == _UNDEFINED:
                return items, place
            if tag != _ITEM:
                raise _Unusual
            item, place = self._item(place, size, end, depth + 1)
            items.append(item)
        if length == _UNDEFINED:
            raise _Unusual
        return items, place

    def _item(self, place: int, size: int, limit: int, depth: int) -> tuple[_Elements, int]:
        if size == _UNDEFINED:
            item, place = self.elements(place, limit, depth)
            is_whole = _LONG.unpack_from(self._buffer, place - 8)[0] == _ITEM_END_WORD
        else:
            end = place + size
            item, place = self.elements(place, min(end, limit), depth)
            is_whole = place == end
        if not is_whole:
            raise _Unusual
        return item, place

    def header(self, elements: _Elements, encodings: list[str], place: str = "") -> Header:
        """Return elements as the DICOM JSON model; `place` is where in the file they lie."""
        encodings = self._encodings(elements) or encodings
        header: Header = {}
        for tag in sorted(elements):
            if tag >> 16 == 0x7FE0 or tag & 0xFFFF == 0:
                continue
            vr, offset, length, items = elements[tag]
            if items is not None:
                value = [
                    self.header(item, encodings, f"{place}{tag:08X}/{number}/")
                    for number, item in enumerate(items)
                ]
                header[f"{tag:08X}"] = {"vr": "SQ", "Value": value}
                continue
            if vr == "UN" or vr in AMBIGUOUS:
                vr = self._settled_vr(tag, vr, elements, encodings)
            if length > BULK_BYTES and vr in BINARY:
                header[f"{tag:08X}"] = elsewhere(vr, f"{place}{tag:08X}")
                continue
            if length > LONGEST_VALUE:
                continue
            raw = bytes(self._buffer[offset : offset + length])
            converted = convert_bytes(raw, vr, encodings)
            if converted is not None:
                header[f"{tag:08X}"] = converted
        return header

    def _encodings(self, elements: _Elements) -> list[str] | None:
        if _CHARACTER_SET not in elements:
            return None
        raw = self._raw(elements[_CHARACTER_SET])
        if not raw.isascii():
            raise _Unusual
        named = [part.strip(" \0") for part in raw.decode("ascii").split("\\")]
        if named == [""]:
            return None
        if any("\0" in part for part in named):
            raise _Unusual
        return convert_encodings(named)

    def _raw(self, element: _Element) -> bytes:
        _, offset, length, items = element
        if items is not None or length > LONGEST_VALUE:
            raise _Unusual
        return bytes(self._buffer[offset : offset + length])

    def _settled_vr(self, tag: int, vr: str, elements: _Elements, encodings: list[str]) -> str:
        """Return what an element of unknown or ambiguous VR is by the dictionaries."""
        if vr == "UN":
            vr = self._known_vr(tag, elements, encodings) or "UN"
        if vr == "SQ":
            raise _Unusual
        signed = elements.get(_PIXEL_REPRESENTATION)
        if vr == "US or SS" and signed and self._raw(signed) == b"\1\0":
            return "SS"
        return AMBIGUOUS.get(vr, vr)

    def _known_vr(self, tag: int, elements: _Elements, encodings: list[str]) -> str | None:
        group, number = tag >> 16, tag & 0xFFFF
        if group % 2 == 0:
            return public_vr(tag)
        if 0x10 <= number < 0x100:
            return "LO"
        creator = elements.get(group << 16 | number >> 8)
        if creator is None or number < 0x1000:
            return None
        named = convert_bytes(self._raw(creator), "LO", encodings) or {}
        try:
            return private_dictionary_VR(tag, str(named.get("Value", [""])[0]))
        except KeyError:
            return None


_WORDS_OF_VRS = frozenset(int.from_bytes(vr, "little") for vr in (*_SHORT_VRS, *_LONG_VRS))
