"""Labels that came with the images, as voxels of a grid: RT Structure Sets and Segmentations.

Structures (PS3.3 C.8.8.6) are polygons in the patient; a voxel belongs to one if its centre lies
inside. Segments (PS3.3 C.8.20) are planes with a place of their own each; a plane is laid on the
slice it coincides with, pixel by pixel.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ml_worker.geometry.contours import fill_contours
from ml_worker.geometry.voxel_grid import VoxelGrid

STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
LABELMAP = "1.2.840.10008.5.1.4.1.1.66.7"
READABLE = frozenset({STRUCTURE_SET, SEGMENTATION, LABELMAP})
# A plane may lie so far beside the pixels it is laid on, as a share of a pixel; more is refused.
MOST_BESIDE = 0.75
OUTSIDE = "{count} of its contours lie on no slice of these images and were left out."
PLANES_OUTSIDE = "{count} of its planes lie on no slice of these images and were left out."
OTHER_LATTICE = "Its pixels are not those of these images: they differ in size or direction."

Mask = NDArray[np.bool_]
ReadFrame = Callable[[int], NDArray[Any]]


@dataclass(frozen=True)
class Labelled:
    """One structure or segment as voxels [k, j, i]; `remark` says what could not be laid."""

    number: int
    name: str
    mask_kji: Mask
    remark: str = ""


class NotLaid(ValueError):
    """The labels do not fit the images; the message is a sentence."""


def structures_of(dataset: Dataset, grid: VoxelGrid) -> Iterator[Labelled]:
    """Yield the structures of a structure set that have contours."""
    names = {
        int(roi.ROINumber): str(roi.get("ROIName") or f"ROI {roi.ROINumber}")
        for roi in dataset.get("StructureSetROISequence") or []
    }
    for region in dataset.get("ROIContourSequence") or []:
        contours = [
            [float(value) for value in contour.ContourData]
            for contour in region.get("ContourSequence") or []
            if contour.get("ContourGeometricType") == "CLOSED_PLANAR" and contour.get("ContourData")
        ]
        if not contours:
            continue
        mask, left_out = fill_contours(contours, grid)
        number = int(region.ReferencedROINumber)
        remark = OUTSIDE.format(count=left_out) if left_out else ""
        yield Labelled(number, names.get(number, f"ROI {number}"), mask, remark)


def segments_of(dataset: Dataset, read: ReadFrame, grid: VoxelGrid) -> Iterator[Labelled]:
    """Yield the segments of a segmentation; `read` returns its frames by number, from 1.

    A fractional segment is labelled where it fills at least half a voxel.
    """
    _refuse_other_lattice(dataset, grid)
    names = {
        int(segment.SegmentNumber): str(segment.get("SegmentLabel") or segment.SegmentNumber)
        for segment in dataset.SegmentSequence
    }
    masks = {number: np.zeros(grid.shape_kji, np.bool_) for number in names if number}
    left_out = dict.fromkeys(masks, 0)
    is_labelmap = dataset.SOPClassUID == LABELMAP
    half = (int(dataset.get("MaximumFractionalValue") or 1) + 1) // 2
    for place, groups in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        corner = grid.index_from_lps(_position(dataset, groups))
        frame = read(place + 1)
        present = np.unique(frame) if is_labelmap else [_segment(dataset, groups)]
        for number in (int(each) for each in present if int(each) in masks):
            drawn = frame == number if is_labelmap else frame >= half
            if not _laid(masks[number], drawn, corner):
                left_out[number] += 1
    for number, mask in sorted(masks.items()):
        count = left_out[number]
        remark = PLANES_OUTSIDE.format(count=count) if count else ""
        yield Labelled(number, names[number], mask, remark)


def _laid(mask: Mask, drawn: Mask, corner: NDArray[np.float64]) -> bool:
    """Lay a plane whose first pixel is at index `corner` (i, j, k); tell whether it lies on a slice."""
    i, j, k = (round(float(value)) for value in corner)
    beside = np.abs(corner - (i, j, k)).max()
    if not 0 <= k < mask.shape[0] or beside > MOST_BESIDE:
        return False
    rows = slice(max(j, 0), min(j + drawn.shape[0], mask.shape[1]))
    columns = slice(max(i, 0), min(i + drawn.shape[1], mask.shape[2]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return False
    mask[k, rows, columns] |= drawn[
        rows.start - j : rows.stop - j, columns.start - i : columns.stop - i
    ]
    return True


def _refuse_other_lattice(dataset: Dataset, grid: VoxelGrid) -> None:
    first = dataset.PerFrameFunctionalGroupsSequence[0]
    measures = _group(dataset, first, "PixelMeasuresSequence")
    orientation = _group(dataset, first, "PlaneOrientationSequence")
    if measures is None or orientation is None:
        raise NotLaid(OTHER_LATTICE)
    rows_mm, columns_mm = (float(value) for value in measures.PixelSpacing)
    cosines = np.asarray([float(value) for value in orientation.ImageOrientationPatient])
    wanted = np.concatenate([grid.axes[:, 0], grid.axes[:, 1]])
    same_size = np.allclose((columns_mm, rows_mm), grid.spacing_mm_ijk[:2], rtol=1e-2)
    if not same_size or np.abs(cosines - wanted).max() > 1e-2:
        raise NotLaid(OTHER_LATTICE)


def _group(dataset: Dataset, groups: Dataset, name: str) -> Dataset | None:
    shared = dataset.get("SharedFunctionalGroupsSequence") or [Dataset()]
    for place in (groups, shared[0]):
        found = place.get(name)
        if found:
            return Dataset(found[0])
    return None


def _position(dataset: Dataset, groups: Dataset) -> list[float]:
    plane = _group(dataset, groups, "PlanePositionSequence")
    if plane is None:
        raise NotLaid(OTHER_LATTICE)
    return [float(value) for value in plane.ImagePositionPatient]


def _segment(dataset: Dataset, groups: Dataset) -> int:
    found = _group(dataset, groups, "SegmentIdentificationSequence")
    return int(found.ReferencedSegmentNumber) if found is not None else 0
