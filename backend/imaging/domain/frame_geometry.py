"""Where each frame lies and what sets it apart, read from classic and enhanced headers.

One entry per frame, short keys because there may be thousands:
``p`` position mm LPS | null, ``o`` row and column cosines (6) | null, ``s`` pixel spacing mm
(between rows, between columns) | null, ``f`` frame of reference UID, ``l`` labels (time, b-value,
echo ...), ``v`` index into the instance's list of value transforms.
"""

from typing import Any

import numpy as np

from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.frame_labels import classic_labels, dimensions_of, group_labels
from backend.imaging.domain.header import first_item, integer, items, number, numbers, text
from backend.imaging.domain.pixels import values_from
from backend.imaging.domain.sop_classes import NUCLEAR_MEDICINE, RT_DOSE, SLIDE
from ml_worker.geometry.frames import slice_normal

FrameEntry = dict[str, Any]
CENTIMETRES = 3
OFFSET_TOLERANCE_MM = 1e-2
# label -> vector of an NM image that says it of each frame
_VECTORS = {
    "window": "00540010",
    "detector": "00540020",
    "phase of study": "00540030",
    "rotation": "00540050",
    "interval": "00540060",
    "gate": "00540070",
    "slot": "00540100",
}
# functional group -> what it says of values: all of it, or nothing
_SAID_IN = {
    "00289145": ("slope", "intercept", "rescale_type"),
    "00289132": ("center", "width", "tables", "voi_function"),
}


def frames_from(
    header: Header, frames: int, sop_class_uid: str
) -> tuple[list[FrameEntry], list[dict[str, object]]]:
    """Return an entry per frame, and the value transforms that entries point into."""
    groups = items(header, "52009230")
    if len(groups) == frames and frames:
        return _enhanced(header, groups, is_slide=sop_class_uid == SLIDE and frames > 1)
    values = [values_from(header)]
    if sop_class_uid == NUCLEAR_MEDICINE:
        return nuclear_frames(header, _classic(header), frames), values
    entry = _classic(header)
    offsets = numbers(header, "3004000C", frames) if sop_class_uid == RT_DOSE else None
    if offsets and entry["p"] and entry["o"]:
        return _dose_frames(entry, offsets), values
    if frames > 1:
        entry["p"] = None  # one position cannot hold for several frames
    if sop_class_uid == SLIDE and frames > 1:
        entry["l"]["tile"] = 1
    return [entry] * frames, values


def _classic(header: Header) -> FrameEntry:
    return {
        "p": numbers(header, "00200032", 3),
        "o": numbers(header, "00200037", 6),
        "s": _spacing(header),
        "f": text(header, "00200052", 64),
        "l": classic_labels(header),
        "v": 0,
    }


def _spacing(header: Header) -> list[float] | None:
    """Return the spacing of pixels: in the patient, else at the detector, else of the probe."""
    for tag in ("00280030", "00181164", "00182010"):
        spacing = numbers(header, tag, 2)
        if spacing is not None and min(spacing) > 0:
            return spacing
    regions = items(header, "00186011")
    if len(regions) != 1:
        return None
    region = regions[0]
    if {integer(region, "00186024"), integer(region, "00186026")} != {CENTIMETRES}:
        return None
    across, down = number(region, "0018602C"), number(region, "0018602E")
    return [abs(down) * 10, abs(across) * 10] if across and down else None


def _dose_frames(entry: FrameEntry, offsets: list[float]) -> list[FrameEntry]:
    """Place the planes of a dose grid (PS3.3 C.8.8.3.2, Grid Frame Offset Vector).

    Offsets begin with zero and count from the position, or are places along z themselves.
    """
    first = offsets[0] if abs(offsets[0] - entry["p"][2]) < OFFSET_TOLERANCE_MM else 0.0
    return [_shifted(entry, offset - first) for offset in offsets]


def nuclear_frames(header: Header, entry: FrameEntry, frames: int) -> list[FrameEntry]:
    """Place the frames of an NM image (PS3.3 C.8.4.8, NM Multi-frame).

    Reconstructed tomography counts its slices in a vector, at a distance that is signed; other
    frames have no place in the patient, and are told apart by window, detector, gate and time.
    """
    plane = first_item(header, "00540022")
    place = {
        "p": numbers(plane, "00200032", 3) or entry["p"],
        "o": numbers(plane, "00200037", 6) or entry["o"],
    }
    slices = numbers(header, "00540080", frames)
    between = number(header, "00180088")
    is_volume = slices and between and place["p"] and place["o"] and entry["s"]
    if frames == 1 and place["p"]:
        return [{**entry, **place}]
    if not is_volume:
        place["p"] = None
    made = []
    for n in range(frames):
        labels = {**entry["l"], **_vector_labels(header, n, frames)}
        own = {**entry, **place, "l": labels}
        offset = ((slices or [])[n] - 1) * (between or 0) if is_volume else 0.0
        made.append(_shifted(own, offset) if is_volume else own)
    return made


def _vector_labels(header: Header, place: int, frames: int) -> dict[str, float]:
    found = {}
    for name, tag in _VECTORS.items():
        vector = numbers(header, tag, frames)
        if vector is not None and len(set(vector)) > 1:
            found[name] = vector[place]
    return found


def _shifted(entry: FrameEntry, offset: float) -> FrameEntry:
    normal = slice_normal(entry["o"])
    position = np.asarray(entry["p"]) + normal * offset
    return {**entry, "p": [float(value) for value in position]}


def _enhanced(
    header: Header, groups: list[Header], *, is_slide: bool
) -> tuple[list[FrameEntry], list[dict[str, object]]]:
    shared = first_item(header, "52009229")
    values: list[dict[str, object]] = [values_from(header)]
    frame_of_reference = text(header, "00200052", 64)
    base = classic_labels(header) | group_labels(shared, [])
    dimensions = dimensions_of(header)
    if is_slide:
        base["tile"] = 1
    entries = [
        {
            "p": _grouped(group, shared, "00209113", "00200032", 3),
            "o": _grouped(group, shared, "00209116", "00200037", 6),
            "s": _grouped(group, shared, "00289110", "00280030", 2),
            "f": frame_of_reference,
            "l": base | group_labels(group, dimensions),
            "v": _values_index(values, group),
        }
        for group in groups
    ]
    return entries, values


def _grouped(
    group: Header, shared: Header, sequence: str, tag: str, count: int
) -> list[float] | None:
    own = numbers(first_item(group, sequence), tag, count)
    return own if own is not None else numbers(first_item(shared, sequence), tag, count)


def _values_index(values: list[dict[str, object]], group: Header) -> int:
    """Return where this frame's own value transform stands in the list, adding it if new."""
    if "00289145" not in group and "00289132" not in group:
        return 0
    own = values_from(group)
    keys = [key for tag, said in _SAID_IN.items() if tag in group for key in said]
    found = values[0] | {key: own[key] for key in keys}
    if found not in values:
        values.append(found)
    return values.index(found)
