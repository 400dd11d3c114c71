"""A stored header as people read it: each element with its name, its value in words, its items."""

from typing import Any

from pydicom.datadict import dictionary_description, private_dictionary_description

from backend.imaging.domain.deidentify.policy import Policy
from backend.imaging.domain.deidentify.told import Fate, fate_of
from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.header import text
from backend.imaging.domain.messages_studies import ElementOut

LONGEST_SHOWN = 1_000
_SOP_CLASS = "00080016"


def header_tree(header: Header, policy: Policy | None) -> list[ElementOut]:
    """Return the elements of a header; `policy` is what it was de-identified by, if it was."""
    applied = policy if policy is not None and policy.applies else None
    return _elements(header, applied, text(header, _SOP_CLASS, 64), is_nested=False)


def _elements(
    header: Header, policy: Policy | None, sop_class_uid: str, *, is_nested: bool
) -> list[ElementOut]:
    found = []
    for key in sorted(header):
        element = header[key]
        tag, vr = int(key, 16), str(element.get("vr", "UN"))
        is_private = bool(tag >> 16 & 1)
        items = element.get("Value", []) if vr == "SQ" else []
        value = f"{len(items)} item{'s' * (len(items) != 1)}" if vr == "SQ" else _value(element)
        found.append(
            ElementOut(
                tag=f"({key[:4]},{key[4:]})",
                name=_name(tag, header),
                vr=vr,
                value=value,
                is_private=is_private,
                fate=_fate(tag, vr, value, policy, (sop_class_uid, is_nested)),
                items=[_elements(item, policy, sop_class_uid, is_nested=True) for item in items],
            )
        )
    return found


def _fate(
    tag: int, vr: str, value: str, policy: Policy | None, place: tuple[str, bool]
) -> Fate | None:
    if policy is None:
        return None
    if tag >> 16 & 1:
        return "kept"
    return fate_of(tag, vr, value, policy, place) if vr != "SQ" else None


def _name(tag: int, header: Header) -> str:
    try:
        return dictionary_description(tag)
    except KeyError:
        pass
    if not tag >> 16 & 1:
        return "Unknown"
    number = tag & 0xFFFF
    if 0x10 <= number < 0x100:
        return "Private creator"
    creator = text(header, f"{tag >> 16:04X}{number >> 8:04X}", 64)
    try:
        return private_dictionary_description(tag, creator) if creator else "Private"
    except KeyError:
        return f"Private, {creator}"


def _value(element: dict[str, Any]) -> str:
    if "InlineBinary" in element:
        return f"{len(str(element['InlineBinary'])) * 3 // 4} bytes"
    values = element.get("Value", [])
    if not isinstance(values, list):
        return ""
    said = "\\".join(_said(value) for value in values)
    return said if len(said) <= LONGEST_SHOWN else f"{said[:LONGEST_SHOWN]} …"


def _said(value: Any) -> str:  # noqa: ANN401  any JSON value
    if value is None:
        return ""
    if isinstance(value, dict):
        return "=".join(str(value.get(part, "")) for part in _NAME_PARTS).rstrip("=")
    return str(value)


_NAME_PARTS = ("Alphabetic", "Ideographic", "Phonetic")
