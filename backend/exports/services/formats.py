"""The formats: each turns items into files that were read back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from backend.exports.domain.coco import (
    CocoSplit,
    categories,
    mask_annotations,
    png_of,
    prove_masks,
    prove_png,
    shape_annotations,
)
from backend.exports.domain.dicom_seg import (
    SegContext,
    parts_of,
    prove_seg,
    write_seg,
)
from backend.exports.domain.item import FileProof, Item, ItemRefused, SegmentInfo
from backend.exports.domain.nifti import lattice_of, narrowed, prove_nifti, write_nifti
from backend.exports.services.source import Source

NOTHING_DRAWN = "Nothing was segmented here, and a DICOM segmentation cannot be empty."


@dataclass(frozen=True)
class Written:
    """A file that was read back, on disk or, where it is small, in memory.

    `facts` go into the list of files.
    """

    name: str
    content: Path | bytes
    proof: FileProof
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Setting:
    """What every item of an export shares."""

    folder: Path
    segments: Sequence[SegmentInfo]
    shapes: Sequence[Mapping[str, Any]]
    seg_context: SegContext
    info: Mapping[str, Any]


class Format(Protocol):
    """How a release is written."""

    def item(self, item: Item, creator: str | None) -> Iterator[Written]:
        """Yield the files of one item; raises ItemRefused with a sentence."""

    def finish(self) -> Iterator[Written]:
        """Yield the files that belong to no item."""

    @property
    def remarks(self) -> list[str]:
        """What people should know beside items that were refused."""


class DicomSegFormat:
    """One DICOM segmentation an item."""

    remarks: list[str] = []

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def item(self, item: Item, creator: str | None) -> Iterator[Written]:
        """Write the labels of an item as segmentations of its series."""
        if not item.masks:
            raise ItemRefused(NOTHING_DRAWN)
        shared = self._setting.seg_context
        context = SegContext(
            shared.seed, shared.software_version, creator, shared.created_at, shared.models
        )
        for part in parts_of(item, Source(item).headers):
            path = self._setting.folder / f"{part.name}.seg.dcm"
            drawn = write_seg(path, item, part, self._setting.segments, context)
            proof = prove_seg(path, item, part, drawn)
            numbers = {number: segment.id for number, segment in enumerate(drawn, start=1)}
            name = f"{item.record['split']}/{path.name}"
            yield Written(name, path, proof, {"segment_ids": numbers})

    def finish(self) -> Iterator[Written]:
        """Yield nothing more."""
        return iter(())


class NiftiFormat:
    """An image and its labels an item; a segment that overlaps others has a file of its own."""

    remarks: list[str] = []

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def item(self, item: Item, creator: str | None) -> Iterator[Written]:  # noqa: ARG002  a Format
        """Write image and labels on one affine."""
        lattice = lattice_of(item)
        folder, split = self._setting.folder, item.record["split"]
        source = Source(item)
        voxels = narrowed(source.values_kji())
        path = folder / f"{item.name}.nii.gz"
        write_nifti(path, voxels, lattice)
        proof = prove_nifti(path, voxels, lattice)
        facts = {"dtype": str(voxels.dtype), **source.said_of_values()}
        reason = item.record["grid"]["reason"]
        if reason:  # an affine all the same: the stack leans, and so does its third axis
            facts["geometry"] = f"{reason} The affine leans with it."
        yield Written(f"{split}/images/{path.name}", path, proof, facts)
        for layer in sorted({0, *item.layers}):
            suffix = f"-segment-{layer}" if layer else ""
            path = folder / f"{item.name}{suffix}-labels.nii.gz"
            labels = item.labels_kji(layer)
            write_nifti(path, labels, lattice)
            proof = prove_nifti(path, labels, lattice)
            yield Written(f"{split}/labels/{path.name}", path, proof, {"layer": layer})

    def finish(self) -> Iterator[Written]:
        """Yield what the values in the label files mean."""
        path = self._setting.folder / "segments.json"
        rows = [
            {"value": segment.id, "name": segment.name, "layer": segment.layer}
            for segment in self._setting.segments
        ]
        path.write_text(json.dumps({"segments": rows}, indent=1), encoding="utf-8")
        yield Written(path.name, path, FileProof(path.name, 0, 0), {})


class CocoFormat:
    """Pictures, and one document of annotations for each split."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._splits: dict[str, CocoSplit] = {}
        self._checked: dict[str, int] = {}
        self._images = 0
        self._left_out: dict[str, int] = {}

    def item(self, item: Item, creator: str | None) -> Iterator[Written]:  # noqa: ARG002  a Format
        """Write a picture of each frame and append what lies on it."""
        split = item.record["split"]
        writer = self._splits.setdefault(split, CocoSplit(self._setting.folder, split))
        for k, frame, picture in Source(item).pictures():
            self._images += 1
            name = f"images/{split}/{item.name}/{k + 1:04d}.png"
            content = png_of(picture)
            proof = prove_png(Path(name).name, content, picture)
            rows, columns = picture.shape[:2]
            writer.add_image(
                {
                    "id": self._images,
                    "file_name": name.removeprefix(f"images/{split}/"),
                    "width": columns,
                    "height": rows,
                    "document": item.record["document"],
                    "frame": frame.key,
                }
            )
            shapes, left_out = shape_annotations(item, frame, self._setting.shapes)
            for shape in left_out:
                self._left_out[shape] = self._left_out.get(shape, 0) + 1
            stored = writer.add_annotations(self._images, [*mask_annotations(item, frame), *shapes])
            checked = prove_masks(writer.name, item, frame, stored)
            self._checked[split] = self._checked.get(split, 0) + checked
            yield Written(name, content, proof, {})

    def finish(self) -> Iterator[Written]:
        """Close the documents."""
        head = {
            "info": dict(self._setting.info),
            "licenses": [],
            "categories": categories(self._setting.segments, self._setting.shapes),
        }
        for split, writer in sorted(self._splits.items()):
            path = self._setting.folder / f"{split}.json"
            writer.finish(path, head)
            checked = self._checked.get(split, 0)
            yield Written(writer.name, path, FileProof(writer.name, checked, checked), {})

    @property
    def remarks(self) -> list[str]:
        """Name the shapes that COCO has no word for."""
        return [
            f"{count} {'shape' if count == 1 else 'shapes'} “{name}” could not be written: "
            "COCO knows boxes, polygons and points."
            for name, count in sorted(self._left_out.items())
        ]


FORMATS: dict[str, type[DicomSegFormat] | type[NiftiFormat] | type[CocoFormat]] = {
    "dicom-seg": DicomSegFormat,
    "nifti": NiftiFormat,
    "coco": CocoFormat,
}
