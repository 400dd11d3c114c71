"""What a header says that may set a frame apart from others at its place (see `grid_labels`)."""

from typing import Any

from pydicom.datadict import dictionary_description

from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.header import first_item, items, text, values

_CLASSIC = {
    "time": "00200100",
    "b": "00189087",
    "gradient": "00189089",
    "inversion": "00180082",
    "echo": "00180086",
    "te": "00180081",
    "flip": "00181314",
    "phase": "00209241",
    "trigger": "00181060",
    "breath": "00209248",
    "component": "00089208",
    "after": "00541300",
    "energy": "00180060",
    "kernel": "00181210",
    "acquisition": "00200012",
    "acquired": "00080032",
    "content": "00080033",
}
# label -> ways to it through functional groups (PS3.3 C.7.6.16): sequences, then the element
_GROUPED: dict[str, tuple[tuple[str, ...], ...]] = {
    "time": (("00209111", "00209128"),),
    "b": (("00189117", "00189087"),),
    "gradient": (("00189117", "00189076", "00189089"),),
    "inversion": (("00189115", "00189079"),),
    "te": (("00189114", "00189082"),),
    "flip": (("00189112", "00181314"),),
    "phase": (("00189118", "00209241"),),
    "trigger": (("00189118", "00209153"),),
    "breath": (("00209253", "00209248"),),
    "component": (("00189226", "00089208"),),
    "energy": (("00189325", "00180060"),),
    "kernel": (("00189314", "00181210"),),
    "stack": (("00209111", "00209056"),),
    "type": (("00189226", "00089007"), ("00189329", "00089007"), ("00189751", "00089007")),
    "acquired": (("00209111", "00189074"),),
}
# b-values before the standard had a place for them: (creator's element, creator, element)
_PRIVATE_B = (
    ("00190010", "SIEMENS MR HEADER", "0019100C"),
    ("00430010", "GEMS_PARM_01", "00431039"),
    ("20010010", "Philips Imaging DD 001", "20011003"),
    ("00650010", "Image Private Header", "00651009"),
)
_PRIVATE_GRADIENT = ("00190010", "SIEMENS MR HEADER", "0019100E")
# GE adds this to b-values of some sequences.
GE_OFFSET = 1_000_000_000
_COMPONENTS = {
    "M": "magnitude", "P": "phase", "R": "real", "I": "imaginary",
    "MAGNITUDE": "magnitude", "PHASE": "phase", "REAL": "real", "IMAGINARY": "imaginary",
}  # fmt: skip
_GE_COMPONENT = ("00430010", "GEMS_PARM_01", "0043102F")
_GE_COMPONENTS = {0: "magnitude", 1: "phase", 2: "real", 3: "imaginary"}
# Dimensions that say where a frame lies, or what has a label of its own.
_PLAIN = (int, float, str)
_OTHER_DIMENSIONS = frozenset(
    {"00209056", "00209057", "00200032", "00200037", "00209113", "00209116", "00209128",
     "00189087", "00189089", "00189082", "0020930F", "00209301", "0048021E", "0048021F"}
)  # fmt: skip


def classic_labels(header: Header) -> dict[str, Any]:
    """Return the labels of an object that says them once."""
    labels = {name: _value(header, tag) for name, tag in _CLASSIC.items()}
    labels["gradient"] = _direction(header, _CLASSIC["gradient"]) or _private_gradient(header)
    labels["type"] = _joined(header, "00080008")
    labels["component"] = _component(header, labels["component"])
    if labels["b"] is None:
        labels["b"] = _private_b(header)
    return {name: value for name, value in labels.items() if value is not None}


def group_labels(group: Header, dimensions: list[tuple[str, int]]) -> dict[str, Any]:
    """Return the labels of a frame by its functional groups and dimension indices."""
    labels: dict[str, Any] = {}
    for name, ways in _GROUPED.items():
        for *sequences, tag in ways:
            item = group
            for sequence in sequences:
                item = first_item(item, sequence)
            found = _grouped_value(item, name, tag)
            if found is not None:
                labels[name] = found
    indices = values(first_item(group, "00209111"), "00209157")
    for name, place in dimensions:
        if place < len(indices) and isinstance(indices[place], int):
            labels[name] = indices[place]
    return labels


def dimensions_of(header: Header) -> list[tuple[str, int]]:
    """Return the dimensions of an enhanced object that have no label of their own, and their places.

    PS3.3 C.7.6.17: each frame lists an index for every item of Dimension Index Sequence.
    """
    found = []
    for place, item in enumerate(items(header, "00209222")):
        pointer = text(item, "00209165", 8)
        if pointer in _OTHER_DIMENSIONS or len(pointer) != 8:
            continue
        found.append((text(item, "00209421", 40) or _described(pointer), place))
    return found


def _described(pointer: str) -> str:
    try:
        return str(dictionary_description(int(pointer, 16))).lower()
    except (KeyError, ValueError):
        return f"index {pointer}"


def _grouped_value(item: Header, name: str, tag: str) -> Any:  # noqa: ANN401  a JSON number or text
    if name == "gradient":
        return _direction(item, tag)
    if name == "type":
        return _joined(item, tag)
    found = _value(item, tag)
    return _COMPONENTS.get(str(found), found) if name == "component" else found


def _value(header: Header, tag: str) -> Any:  # noqa: ANN401  a JSON number or text
    if tag not in header:
        return None
    found = values(header, tag)
    first = found[0] if found else None
    return first if isinstance(first, _PLAIN) and first != "" else None


def _joined(header: Header, tag: str) -> str | None:
    parts = values(header, tag)
    return "\\".join(str(part or "") for part in parts[:4]) or None


def _direction(header: Header, tag: str) -> str | None:
    """Return a direction as text: it is only compared, never computed with."""
    parts = values(header, tag)
    if len(parts) != 3 or not all(isinstance(part, int | float) for part in parts):
        return None
    return ", ".join(f"{part + 0.0:.3f}" for part in parts)


def _component(header: Header, said: object) -> str | None:
    if said is not None:
        return _COMPONENTS.get(str(said), str(said).lower())
    creator, name, tag = _GE_COMPONENT
    if text(header, creator, 64) == name:
        number = _value(header, tag)
        return _GE_COMPONENTS.get(number) if isinstance(number, int) else None
    kinds = [_COMPONENTS[part] for part in values(header, "00080008")[2:] if part in _COMPONENTS]
    return kinds[0] if kinds else None


def _private_b(header: Header) -> float | None:
    for creator, name, tag in _PRIVATE_B:
        if text(header, creator, 64).upper() != name.upper():
            continue
        found = _value(header, tag)
        if isinstance(found, str) and found.replace(".", "", 1).isdigit():
            found = float(found)
        if isinstance(found, int | float):
            return float(found - GE_OFFSET if found >= GE_OFFSET else found)
    return None


def _private_gradient(header: Header) -> str | None:
    creator, name, tag = _PRIVATE_GRADIENT
    return _direction(header, tag) if text(header, creator, 64) == name else None
