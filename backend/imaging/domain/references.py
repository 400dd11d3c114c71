"""What an object that is no picture of its own speaks about: images, by identifier and by place.

Segmentations, structure sets, doses, plans, reports, presentation states and the like name the
instances they belong to (PS3.3 C.12.1.1, C.8.8.5, C.17.2). Where those identifiers were lost on
the way, the frame of reference and the places of their planes still tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.header import first_item, is_uid, items, numbers, text, values

_ROOT = "1.2.840.10008.5.1.4.1.1."
KINDS = {
    _ROOT + "66.1": "registration",
    _ROOT + "66.2": "fiducials",
    _ROOT + "66.3": "registration",
    _ROOT + "66.4": "segmentation",
    _ROOT + "66.5": "surface segmentation",
    _ROOT + "66.7": "segmentation",
    _ROOT + "67": "real world values",
    _ROOT + "30": "parametric map",
    _ROOT + "91.1": "annotations",
    _ROOT + "481.2": "dose",
    _ROOT + "481.3": "structure set",
    _ROOT + "481.5": "plan",
    _ROOT + "481.8": "plan",
}
_FAMILIES = ((_ROOT + "88.", "report"), (_ROOT + "11.", "presentation state"))
KEY_OBJECTS = _ROOT + "88.59"
# Enough to find a series by; an object may name thousands.
MOST_SOP_UIDS = 64
MOST_POINTS = 48
_SERIES_UID, _SOP_UID, _SOP_CLASS = "0020000E", "00081155", "00081150"
_FRAME_OF_REFERENCE = "00200052"
# Studies and visits that old structure sets name beside instances.
_NO_INSTANCES = "1.2.840.10008.3.1."


@dataclass(frozen=True)
class Reference:
    """What one object says about another series; `series_uid` is empty where it names none.

    `points_mm_lps` are places in the frame of reference through which its planes go.
    """

    kind: str
    series_uid: str
    sop_uids: tuple[str, ...]
    frame_of_reference_uid: str
    points_mm_lps: tuple[tuple[float, float, float], ...] = ()


@dataclass
class _Found:
    """The instances named so far, by the series they are said to lie in."""

    by_series: dict[str, dict[str, None]] = field(default_factory=dict)

    def walk(self, header: Header, series_uid: str, depth: int) -> None:
        """Collect what an item and everything in it names."""
        if depth:
            own = text(header, _SERIES_UID, 64)
            series_uid = own if is_uid(own) else series_uid
            if series_uid:
                self.by_series.setdefault(series_uid, {})
            named = text(header, _SOP_UID, 64)
            is_instance = not text(header, _SOP_CLASS, 64).startswith(_NO_INSTANCES)
            if is_uid(named) and is_instance:
                self.by_series.setdefault(series_uid, {})[named] = None
        for element in header.values():
            if element.get("vr") == "SQ":
                for item in element.get("Value", []):
                    if isinstance(item, dict):
                        self.walk(item, series_uid, depth + 1)


def kind_of_object(sop_class_uid: str) -> str:
    """Return what such objects are in relation to images; empty for images themselves."""
    if sop_class_uid == KEY_OBJECTS:
        return "key objects"
    known = KINDS.get(sop_class_uid, "")
    family = (word for start, word in _FAMILIES if sop_class_uid.startswith(start))
    return known or next(family, "")


def references_from(header: Header, sop_class_uid: str) -> list[Reference]:
    """Return what an object refers to, a reference a series; empty for images."""
    kind = kind_of_object(sop_class_uid)
    if not kind:
        return []
    found = _Found()
    found.walk(header, "", 0)
    found.by_series.pop(text(header, _SERIES_UID, 64), None)
    placed = {uid for series, uids in found.by_series.items() if series for uid in uids}
    loose = [uid for uid in found.by_series.pop("", {}) if uid not in placed]
    named = {series: list(uids) for series, uids in found.by_series.items()}
    if loose or not named:
        named[""] = loose
    frame, points = _frame_of_reference(header), tuple(_points(header))
    return [
        Reference(kind, series, tuple(uids[:MOST_SOP_UIDS]), frame, points)
        for series, uids in named.items()
    ]


def _frame_of_reference(header: Header) -> str:
    own = text(header, _FRAME_OF_REFERENCE, 64)
    if own:
        return own
    listed = text(first_item(header, "30060010"), _FRAME_OF_REFERENCE, 64)
    return listed or text(first_item(header, "30060020"), "30060024", 64)


def _points(header: Header) -> Iterator[tuple[float, float, float]]:
    """Yield places of planes, spread evenly over all there are."""
    points = list(_contour_points(header)) or list(_frame_points(header))
    step = max(1, -(-len(points) // MOST_POINTS))
    yield from points[::step]


def _contour_points(header: Header) -> Iterator[tuple[float, float, float]]:
    """Yield the first point of each contour of a structure set (PS3.3 C.8.8.6)."""
    for region in items(header, "30060039"):
        for contour in items(region, "30060040"):
            data = values(contour, "30060050")[:3]
            if len(data) == 3 and all(isinstance(value, int | float) for value in data):
                yield (float(data[0]), float(data[1]), float(data[2]))


def _frame_points(header: Header) -> Iterator[tuple[float, float, float]]:
    """Yield the position of each frame."""
    groups = items(header, "52009230") or [header]
    for group in groups:
        position = numbers(first_item(group, "00209113") or group, "00200032", 3)
        if position is not None:
            yield (position[0], position[1], position[2])
