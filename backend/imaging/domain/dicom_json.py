"""A header as the DICOM JSON model (PS3.18 annex F), straight from the raw elements.

pydicom's own conversion makes an object per element first and costs several times as much.
Nothing in a header is trusted: an element that cannot be converted is left out, control
characters are dropped (PostgreSQL refuses NUL), numbers that are none stay text. Bulk data
is left out: pixel data always; of other binary values above ``BULK_BYTES`` it is told where
they are.
"""

import base64
import math
import re
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR, private_dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.valuerep import TEXT_VR_DELIMS

from backend.imaging.domain.bulk import elsewhere

Header = dict[str, dict[str, Any]]
Element = RawDataElement | DataElement

BULK_BYTES = 4096
REMEMBERED_BYTES = 64
DEEPEST_SEQUENCE = 24
CHARACTER_SET = 0x00080005
DEFAULT_ENCODINGS = ["iso8859"]
PIXEL_REPRESENTATION_KEYWORD = "PixelRepresentation"

_LISTS = frozenset({"AE", "AS", "CS", "DA", "DT", "LO", "SH", "TM", "UC", "UI"})
_CODED = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_NUMBERS = {"FL": "f", "FD": "d", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
AMBIGUOUS = {"US or SS": "US", "US or OW": "OW", "OB or OW": "OW", "US or SS or OW": "OW"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


class HeaderTooDeep(ValueError):
    """Sequences inside sequences without end."""


def header_from(
    dataset: Dataset, encodings: list[str] | None = None, depth: int = 0, place: str = ""
) -> Header:
    """Return the header of `dataset` (group 2 and pixel data left out), by 8-digit hex tag.

    `place` is where the data set lies in its file: tags and item numbers.
    """
    if depth > DEEPEST_SEQUENCE:
        raise HeaderTooDeep
    elements = sorted(dataset.values(), key=_by_tag)  # before anything is converted in place
    own = _encodings(dataset) or encodings or DEFAULT_ENCODINGS
    header: Header = {}
    for element in elements:
        tag = int(element.tag)
        if tag >> 16 in (0x0002, 0x7FE0) or tag & 0xFFFF == 0:
            continue
        try:
            vr = _vr(element, dataset)
            converted = _convert(element, vr, dataset, own, depth, f"{place}{tag:08X}")
        except HeaderTooDeep:
            raise
        except Exception:  # noqa: BLE001  whatever a damaged element makes pydicom raise
            converted = None
        if converted is not None:
            header[f"{tag:08X}"] = converted
    return header


def _by_tag(element: Element) -> int:
    return int(element.tag)


def _encodings(dataset: Dataset) -> list[str] | None:
    if CHARACTER_SET not in dataset:
        return None
    named = dataset.get("SpecificCharacterSet")
    if not named:
        return None
    words = [named] if isinstance(named, str) else list(named)
    return convert_encodings([word.replace("\0", "") for word in words])


def _vr(element: Element, dataset: Dataset) -> str:
    vr = element.VR
    if vr is None or vr == "UN":
        vr = _known_vr(element, dataset) or "UN"
    if vr == "US or SS" and dataset.get(PIXEL_REPRESENTATION_KEYWORD) == 1:
        return "SS"
    return AMBIGUOUS.get(vr, vr)


def _known_vr(element: Element, dataset: Dataset) -> str | None:
    tag = element.tag
    try:
        if not tag.is_private:
            return public_vr(int(tag))
        if tag.is_private_creator:
            return "LO"
        creator = (tag.group, tag.element >> 8)
        if creator not in dataset:
            return None
        return private_dictionary_VR(tag, str(dataset[creator].value))
    except KeyError:
        return None


def _convert(
    element: Element,
    vr: str,
    dataset: Dataset,
    encodings: list[str],
    depth: int,
    place: str,
) -> dict[str, Any] | None:
    if vr == "SQ":
        items = dataset[element.tag].value or []
        found = [
            header_from(item, encodings, depth + 1, f"{place}/{number}/")
            for number, item in enumerate(items)
        ]
        return {"vr": vr, "Value": found}
    raw = element.value if isinstance(element, RawDataElement) else _raw_of(element)
    if raw is None:
        if not getattr(element, "length", 0):
            return {"vr": vr}
        return elsewhere(vr, place) if vr in BINARY else None
    if vr in BINARY and len(raw) > BULK_BYTES:
        return elsewhere(vr, place)
    return convert_bytes(raw, vr, encodings, little=getattr(element, "is_little_endian", True))


@lru_cache(maxsize=1 << 14)
def public_vr(tag: int) -> str | None:
    """Return the VR that the public dictionary gives a tag; None where it does not know it."""
    try:
        return dictionary_VR(tag)
    except KeyError:
        return None


def convert_bytes(
    raw: bytes, vr: str, encodings: list[str], *, little: bool = True
) -> dict[str, Any] | None:
    """Return an element's bytes as DICOM JSON; None for what is left out or cannot be read.

    Files of a series say nearly the same: what was converted is remembered, and may be shared. A
    header's elements are replaced, never changed in place.
    """
    if len(raw) > REMEMBERED_BYTES:
        return _read(raw, vr, encodings, little=little)
    return _remembered(raw, vr, tuple(encodings) if vr in _CODED else (), little=little)


@lru_cache(maxsize=1 << 14)
def _remembered(
    raw: bytes, vr: str, encodings: tuple[str, ...], *, little: bool
) -> dict[str, Any] | None:
    return _read(raw, vr, list(encodings), little=little)


def _read(raw: bytes, vr: str, encodings: list[str], *, little: bool) -> dict[str, Any] | None:
    try:
        return _converted(raw, vr, encodings, little=little)
    except Exception:  # noqa: BLE001  whatever damaged bytes make the decoders raise
        return None


def _converted(raw: bytes, vr: str, encodings: list[str], *, little: bool) -> dict[str, Any] | None:
    if not raw:
        return {"vr": vr}
    if vr in BINARY:
        return _binary(raw, vr, little=little)
    if vr in _NUMBERS or vr == "AT":
        return {"vr": vr, "Value": _numbers(raw, vr, little=little)}
    return _text(raw, vr, encodings if vr in _CODED else DEFAULT_ENCODINGS)


def _raw_of(element: DataElement) -> bytes | None:
    """Return the bytes of an element that pydicom has converted already (the character set is)."""
    value = element.value
    if value is None or isinstance(value, bytes):
        return value
    parts = [value] if isinstance(value, str) else list(value)
    return "\\".join(map(str, parts)).encode("ascii", "replace")


def _binary(raw: bytes, vr: str, *, little: bool) -> dict[str, Any] | None:
    if len(raw) > BULK_BYTES or not (little or vr in {"OB", "UN"}):
        return None
    return {"vr": vr, "InlineBinary": base64.b64encode(raw).decode("ascii")}


def _numbers(raw: bytes, vr: str, *, little: bool) -> list[Any]:
    code = _NUMBERS.get(vr, "H")
    count = len(raw) // struct.calcsize("<" + code)
    values = struct.unpack_from(f"{'<' if little else '>'}{count}{code}", raw)
    if vr == "AT":
        return [f"{g:04X}{e:04X}" for g, e in zip(values[::2], values[1::2], strict=False)]
    return [None if isinstance(v, float) and not math.isfinite(v) else v for v in values]


def _text(raw: bytes, vr: str, encodings: list[str]) -> dict[str, Any]:
    text = raw.decode("ascii") if raw.isascii() and b"\x1b" not in raw else _decode(raw, encodings)
    text = (text if text.isprintable() else _CONTROLS.sub("", text)).rstrip(" ")
    if not text:
        return {"vr": vr}
    parse = _PARSERS.get(vr)
    if parse is not None:
        return {"vr": vr, "Value": [parse(part.strip()) for part in text.split("\\")]}
    if vr in _LISTS:
        return {"vr": vr, "Value": [part.strip() or None for part in text.split("\\")]}
    return {"vr": vr, "Value": [text]}


def _decode(raw: bytes, encodings: list[str]) -> str:
    try:
        return decode_bytes(raw, encodings, TEXT_VR_DELIMS)
    except (LookupError, UnicodeError):
        return raw.decode("iso8859", errors="replace")


def _decimal(text: str) -> float | str | None:
    try:
        value = float(text)
    except ValueError:
        return text or None
    return value if math.isfinite(value) else text


def _integer(text: str) -> int | str | None:
    try:
        return int(text)
    except ValueError:
        return text or None


def _name(text: str) -> dict[str, str] | None:
    groups = ("Alphabetic", "Ideographic", "Phonetic")
    parts = {key: part.strip() for key, part in zip(groups, text.split("="), strict=False)}
    return {key: part for key, part in parts.items() if part} or None


_PARSERS: dict[str, Callable[[str], Any]] = {"DS": _decimal, "IS": _integer, "PN": _name}
