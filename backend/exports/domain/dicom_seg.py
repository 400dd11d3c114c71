"""DICOM segmentations (PS3.3 A.51), written by highdicom and read back with pydicom alone.

A frame of the segmentation refers to the image it lies on by SOP instance (and frame number) and
repeats its position, so series with gaps or without a common affine are written without loss.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from backend.exports.domain.codes import LEARNED_MODEL, property_codes
from backend.exports.domain.item import (
    FileProof,
    Frame,
    Item,
    ItemRefused,
    ProofFailed,
    SegmentInfo,
)
from ml_worker.geometry.mosaic import is_mosaic

# It tells of every module it copies.
logging.getLogger("highdicom").setLevel(logging.WARNING)

SERIES_NUMBER = 9100
MOSAIC = (
    "A DICOM segmentation lies on whole images; these are slices cut out of Siemens mosaics. "
    "Export this one as NIfTI."
)
POSITION_TOLERANCE_MM = 1e-3
# Segment numbers [frame, rows, columns], or where segments overlap 0 or 1 [..., segment].
Planes = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class ModelName:
    """A model version as an export names it."""

    name: str
    version: str


# An algorithm helped, and nothing says which: the label is still not called manual.
UNNAMED = ModelName("Unnamed algorithm", "unknown")


@dataclass(frozen=True)
class SegContext:
    """What a segmentation says beside its pixels. `seed` makes its UIDs the same every time."""

    seed: str
    software_version: str
    creator: str | None
    created_at: datetime
    models: Mapping[str, ModelName]


@dataclass(frozen=True)
class Part:
    """The labelled frames of one item that one segmentation can refer to, and their headers."""

    name: str
    frames: tuple[Frame, ...]
    headers: tuple[Dataset, ...]


def parts_of(item: Item, headers: Mapping[str, Dataset]) -> list[Part]:
    """Group labelled frames: single-frame instances together, each multi-frame one by itself."""
    if any(_is_cut(header, item.shape_kji[1:]) for header in headers.values()):
        raise ItemRefused(MOSAIC)
    labelled = {key for _, key in item.masks}
    singles: list[Frame] = []
    multis: dict[str, list[Frame]] = {}
    for frame in item.frames:
        if frame.key not in labelled:
            continue
        if int(headers[frame.sop_uid].get("NumberOfFrames") or 1) > 1:
            multis.setdefault(frame.sop_uid, []).append(frame)
        else:
            singles.append(frame)
    groups = [singles, *multis.values()] if singles else list(multis.values())
    parts = []
    for number, group in enumerate(groups, start=1):
        name = item.name if len(groups) == 1 else f"{item.name}-{number}"
        uids = dict.fromkeys(frame.sop_uid for frame in group)
        parts.append(Part(name, tuple(group), tuple(headers[uid] for uid in uids)))
    return parts


def _is_cut(header: Dataset, shape: tuple[int, int]) -> bool:
    """Tell whether frames of this shape are tiles of a larger picture."""
    size = (header.get("Rows"), header.get("Columns"))
    return is_mosaic(header.get("ImageType")) and size != shape


def drawn_segments(
    item: Item, part: Part, segments: Sequence[SegmentInfo]
) -> tuple[list[SegmentInfo], Planes]:
    """Return the segments that have pixels on these frames, and their planes."""
    keys = {frame.key for frame in part.frames}
    found: set[int] = set()
    for (_, key), runs in item.runs.items():
        if key in keys:
            found |= {int(value) for value in np.unique(runs.values) if value}
    known = {segment.id: segment for segment in segments}
    drawn = [known[number] for number in sorted(found)]
    if len({segment.layer for segment in drawn}) <= 1:
        return drawn, _numbered(item, part, drawn)
    return drawn, _stacked(item, part, drawn)


def _numbered(item: Item, part: Part, drawn: Sequence[SegmentInfo]) -> Planes:
    """Return segment numbers from 1; for segments of one layer, which exclude one another."""
    _, rows, columns = item.shape_kji
    kind = np.uint8 if len(drawn) < 256 else np.uint16
    number_of = np.zeros(max((segment.id for segment in drawn), default=0) + 1, kind)
    for number, segment in enumerate(drawn, start=1):
        number_of[segment.id] = number
    planes = np.zeros((len(part.frames), rows, columns), kind)
    for k, frame in enumerate(part.frames):
        runs = item.runs.get((drawn[0].layer, frame.key)) if drawn else None
        if runs is not None:
            planes[k] = np.repeat(number_of[runs.values], runs.lengths).reshape(rows, columns)
    return planes


def _stacked(item: Item, part: Part, drawn: Sequence[SegmentInfo]) -> Planes:
    """Return a plane for each segment and frame; each is one piece of memory."""
    _, rows, columns = item.shape_kji
    stack = np.zeros((len(drawn), len(part.frames), rows, columns), np.uint8)
    for place, segment in enumerate(drawn):
        for k, frame in enumerate(part.frames):
            stack[place, k] = item.plane_ji(segment.layer, frame.key, segment.id)
    return np.moveaxis(stack, 0, -1)


def write_seg(
    path: Path, item: Item, part: Part, segments: Sequence[SegmentInfo], context: SegContext
) -> list[SegmentInfo]:
    """Write one segmentation and return its segments in the order of their numbers, from 1."""
    drawn, planes = drawn_segments(item, part, segments)
    described = [
        _describe(number, segment, item, context) for number, segment in enumerate(drawn, start=1)
    ]
    try:
        dataset = hd.seg.Segmentation(
            source_images=list(part.headers),
            pixel_array=_in_source_order(planes, part),
            segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=described,
            series_instance_uid=_uid(context.seed, item.record["document"], "series"),
            series_number=SERIES_NUMBER,
            sop_instance_uid=_uid(context.seed, item.record["document"], part.name),
            instance_number=1,
            manufacturer="Limn",
            manufacturer_model_name="Limn",
            software_versions=context.software_version,
            device_serial_number="1",
            content_label="SEGMENTATION",
            content_description="Labels of a Limn release",
            content_creator_name=_person(context.creator),
            transfer_syntax_uid=ExplicitVRLittleEndian,
        )
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise ItemRefused(_why_refused(part, error)) from error
    _make_repeatable(dataset, context, item)
    dataset.save_as(path)
    return drawn


def prove_seg(path: Path, item: Item, part: Part, segments: Sequence[SegmentInfo]) -> FileProof:
    """Read the file back and compare every voxel and every plane's place in the patient."""
    dataset = dcmread(path)
    _check_segments(path.name, dataset, segments)
    _, rows, columns = item.shape_kji
    bits = np.frombuffer(dataset.PixelData, np.uint8)
    pixels = int(dataset.NumberOfFrames) * rows * columns
    stored = np.unpackbits(bits, count=pixels, bitorder="little").reshape(-1, rows, columns)
    places = _stored_places(path.name, dataset, part)
    wanted = {
        (k, segment.id)
        for segment in segments
        for k, frame in enumerate(part.frames)
        if (runs := item.runs.get((segment.layer, frame.key))) and segment.id in runs.values
    }
    differing = 0
    for plane, (k, number) in zip(stored, places, strict=True):
        segment = segments[number - 1]
        wanted.discard((k, segment.id))
        drawn = item.plane_ji(segment.layer, part.frames[k].key, segment.id)
        differing += int(np.count_nonzero(drawn != plane))
    if wanted:
        raise ProofFailed(path.name, f"{len(wanted)} labelled planes are missing")
    if differing:
        raise ProofFailed(path.name, f"{differing} of {stored.size} voxels differ")
    return FileProof(path.name, stored.size, stored.size)


def _stored_places(name: str, dataset: Dataset, part: Part) -> list[tuple[int, int]]:
    """Return the frame and segment number of each plane, once its place was compared."""
    known = {(frame.sop_uid, frame.number): k for k, frame in enumerate(part.frames)}
    sources = _source_places(part)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    found = []
    for groups in dataset.PerFrameFunctionalGroupsSequence:
        derivation = _functional(groups, shared, "DerivationImageSequence")
        source = derivation.SourceImageSequence[0]
        number = int(source.get("ReferencedFrameNumber") or 1)
        k = known.get((source.ReferencedSOPInstanceUID, number))
        if k is None:
            raise ProofFailed(name, "a frame refers to an image that carries no labels")
        _check_place(name, sources[k], _place(groups, shared))
        segment = _functional(groups, shared, "SegmentIdentificationSequence")
        found.append((k, int(segment.ReferencedSegmentNumber)))
    if len(set(found)) != len(found):
        raise ProofFailed(name, "a plane is there twice")
    return found


def _in_source_order(planes: Planes, part: Part) -> Planes:
    """Return planes for every frame of a multi-frame source, in the order they are stored."""
    count = int(part.headers[0].get("NumberOfFrames") or 1)
    if count == 1:
        return planes
    ordered = np.zeros((count, *planes.shape[1:]), planes.dtype)
    for plane, frame in zip(planes, part.frames, strict=True):
        ordered[frame.number - 1] = plane
    return ordered


def _describe(
    number: int, segment: SegmentInfo, item: Item, context: SegContext
) -> hd.seg.SegmentDescription:
    category, kind = property_codes(segment)
    origin = item.origin_of(segment.id)
    method = str(origin["method"])
    identification = None
    if method != "manual":
        named = [context.models[v] for v in origin["model_version_ids"] if v in context.models]
        model = named[-1] if named else UNNAMED
        identification = hd.AlgorithmIdentificationSequence(
            name=model.name, family=LEARNED_MODEL, version=model.version
        )
    document = item.record["document"]
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=segment.name[:64],
        segmented_property_category=category,
        segmented_property_type=kind,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues[method.upper()],
        algorithm_identification=identification,
        tracking_uid=_uid(document, str(segment.id)),
        tracking_id=f"{document}/{segment.id}",
        display_color=hd.color.CIELabColor.from_string(segment.color),
    )


def _uid(*words: str) -> str:
    """Return a UID that is the same for the same words."""
    digest = hashlib.sha256("\0".join(("limn", *words)).encode()).digest()
    return f"2.25.{UUID(bytes=digest[:16], version=5).int}"


def _person(name: str | None) -> str | None:
    """Return a display name as a person name of one component."""
    if not name:
        return None
    return name.translate(str.maketrans("^=\\", "   "))[:63] + "^"


def _make_repeatable(dataset: Dataset, context: SegContext, item: Item) -> None:
    """Take dates and UIDs from the release, so that writing it again gives the same bytes."""
    for kind in ("Series", "Content", "InstanceCreation"):
        setattr(dataset, f"{kind}Date", context.created_at.strftime("%Y%m%d"))
        setattr(dataset, f"{kind}Time", context.created_at.strftime("%H%M%S"))
    organization = _uid(context.seed, item.record["document"], "dimensions")
    for equipment in dataset.get("ContributingEquipmentSequence", []):
        equipment.ContributionDateTime = context.created_at.strftime("%Y%m%d%H%M%S")
    for entry in (*dataset.DimensionOrganizationSequence, *dataset.DimensionIndexSequence):
        entry.DimensionOrganizationUID = organization


def _why_refused(part: Part, error: Exception) -> str:
    if "FrameOfReferenceUID" not in part.headers[0]:
        return (
            "A DICOM segmentation cannot refer to these images: they have no frame of reference. "
            "Export them as COCO."
        )
    reason = hashlib.sha256(str(error).encode()).hexdigest()[:8]
    return f"A DICOM segmentation cannot describe these images ({type(error).__name__} {reason})."


def _source_places(part: Part) -> list[tuple[Any, ...]]:
    """Position, orientation and pixel spacing of each source frame."""
    headers = {str(header.SOPInstanceUID): header for header in part.headers}
    places = []
    for frame in part.frames:
        header = headers[frame.sop_uid]
        if "PerFrameFunctionalGroupsSequence" in header:
            groups = header.PerFrameFunctionalGroupsSequence[frame.number - 1]
            places.append(_place(groups, header.SharedFunctionalGroupsSequence[0]))
        else:
            places.append(
                (
                    header.get("ImagePositionPatient"),
                    header.get("ImageOrientationPatient"),
                    header.get("PixelSpacing"),
                )
            )
    return places


def _place(groups: Dataset, shared: Dataset) -> tuple[Any, ...]:
    return (
        _functional(groups, shared, "PlanePositionSequence").get("ImagePositionPatient"),
        _functional(groups, shared, "PlaneOrientationSequence").get("ImageOrientationPatient"),
        _functional(groups, shared, "PixelMeasuresSequence").get("PixelSpacing"),
    )


def _functional(groups: Dataset, shared: Dataset, name: str) -> Dataset:
    """Return a functional group: the frame's own, else what all frames share, else an empty one."""
    for place in (groups, shared):
        if name in place:
            found: Dataset = place[name][0]
            return found
    return Dataset()


def _check_place(name: str, wanted: tuple[Any, ...], found: tuple[Any, ...]) -> None:
    for what, one, other in zip(
        ("position", "orientation", "pixel spacing"), wanted, found, strict=True
    ):
        if one is None and other is None:
            continue
        if one is None or other is None or not _are_close(one, other):
            raise ProofFailed(name, f"the {what} of a frame differs from its image's")


def _are_close(one: Sequence[float], other: Sequence[float]) -> bool:
    return len(one) == len(other) and all(
        abs(float(a) - float(b)) <= POSITION_TOLERANCE_MM for a, b in zip(one, other, strict=True)
    )


def _check_segments(name: str, dataset: Dataset, segments: Sequence[SegmentInfo]) -> None:
    written = [(int(item.SegmentNumber), item.SegmentLabel) for item in dataset.SegmentSequence]
    wanted = [(number, segment.name[:64]) for number, segment in enumerate(segments, start=1)]
    if written != wanted:
        raise ProofFailed(name, "the list of segments differs")
