"""The header of an ordinary DICOM file as the DICOM JSON model, several times faster than by pydicom.

Whatever is out of the ordinary is not judged here: `read_plain` returns None and pydicom reads it.
"""

import struct
from dataclasses import dataclass

from pydicom.charset import convert_encodings
from pydicom.datadict import private_dictionary_VR

from backend.imaging.domain.bulk import elsewhere
from backend.imaging.domain.dicom_json import (
    AMBIGUOUS,
    BINARY,
    BULK_BYTES,
    DEFAULT_ENCODINGS,
    Header,
    convert_bytes,
    public_vr,
)
from backend.imaging.domain.plain_elements import (
    LONGEST_VALUE,
    Buffer,
    Element,
    Elements,
    Unusual,
    read_elements,
)

_CHARACTER_SET, _PIXEL_REPRESENTATION = 0x00080005, 0x00280103


@dataclass(frozen=True)
class PlainHeader:
    """What the file says before its pixels: `meta` is group 2 as text, `end` where it stops."""

    header: Header
    meta: dict[int, str]
    end: int
    is_implicit: bool


def read_plain(buffer: Buffer) -> PlainHeader | None:
    """Return the header of a file written by the book; None for any other."""
    plain = read_elements(buffer)
    if plain is None:
        return None
    try:
        header = _Converter(buffer).header(plain.elements, DEFAULT_ENCODINGS)
    except (Unusual, struct.error, RecursionError):
        return None
    return PlainHeader(header, plain.meta, plain.end, plain.is_implicit)


class _Converter:
    """Turns elements of one buffer into the DICOM JSON model."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer

    def header(self, elements: Elements, encodings: list[str], place: str = "") -> Header:
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

    def _encodings(self, elements: Elements) -> list[str] | None:
        if _CHARACTER_SET not in elements:
            return None
        raw = self._raw(elements[_CHARACTER_SET])
        if not raw.isascii():
            raise Unusual
        named = [part.strip(" \0") for part in raw.decode("ascii").split("\\")]
        if named == [""]:
            return None
        if any("\0" in part for part in named):
            raise Unusual
        return convert_encodings(named)

    def _raw(self, element: Element) -> bytes:
        _, offset, length, items = element
        if items is not None or length > LONGEST_VALUE:
            raise Unusual
        return bytes(self._buffer[offset : offset + length])

    def _settled_vr(self, tag: int, vr: str, elements: Elements, encodings: list[str]) -> str:
        """Return what an element of unknown or ambiguous VR is by the dictionaries."""
        if vr == "UN":
            vr = self._known_vr(tag, elements, encodings) or "UN"
        if vr == "SQ":
            raise Unusual
        signed = elements.get(_PIXEL_REPRESENTATION)
        if vr == "US or SS" and signed and self._raw(signed) == b"\1\0":
            return "SS"
        return AMBIGUOUS.get(vr, vr)

    def _known_vr(self, tag: int, elements: Elements, encodings: list[str]) -> str | None:
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
