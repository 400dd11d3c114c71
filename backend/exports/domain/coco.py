"""COCO: one file of annotations for each split, PNG images beside them.

Lines are appended image by image and read back at once, so memory stays flat however many there
are. One image or annotation stands on one line; the whole is one JSON document.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_masks

from backend.exports.domain.coco_reading import unpack_flat
from backend.exports.domain.coco_shapes import coco_shape, pixel_points
from backend.exports.domain.display import Shown
from backend.exports.domain.item import (
    FileProof,
    Frame,
    Item,
    Labels,
    ProofFailed,
    SegmentInfo,
    count_equal,
)

# Shapes are numbered behind the largest segment id there can be.
FIRST_SHAPE_CATEGORY = 65536
# zlib's quickest level, looking only for runs: noise holds little else, and what is left is
# written a third quicker and somewhat smaller than with the search for repeats.
PNG_LEVEL, PNG_STRATEGY = 1, 3
_ENCODER = json.JSONEncoder(separators=(",", ":"))


class CocoSplit:
    """The annotations of one split, on their way to a file."""

    def __init__(self, folder: Path, split: str) -> None:
        self.name = f"annotations/{split}.json"
        self._images = (folder / f"{split}.images").open("w+", encoding="ascii")
        self._annotations = (folder / f"{split}.annotations").open("w+", encoding="ascii")
        self._count = 0

    def add_image(self, image: Mapping[str, Any]) -> None:
        """Append one image."""
        _append(self._images, [image])

    def add_annotations(
        self, image_id: int, annotations: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Append annotations and return them as they stand in the file."""
        start = self._annotations.tell()
        numbered = [
            {"id": number, "image_id": image_id, **annotation}
            for number, annotation in enumerate(annotations, start=self._count + 1)
        ]
        self._count += len(numbered)
        _append(self._annotations, numbered)
        self._annotations.flush()
        end = self._annotations.tell()
        self._annotations.seek(start)
        text = self._annotations.read(end - start)
        self._annotations.seek(end)
        return [json.loads(line.rstrip(",")) for line in text.splitlines() if line.strip(",")]

    def finish(self, target: Path, head: Mapping[str, Any]) -> None:
        """Write the document: head, images, annotations."""
        with target.open("w", encoding="ascii") as file:
            file.write(json.dumps(head)[:-1])
            for name, part in (("images", self._images), ("annotations", self._annotations)):
                file.write(f', "{name}": [\n')
                part.seek(0)
                while chunk := part.read(1 << 20):
                    file.write(chunk)
                file.write("\n]")
                part.close()
                Path(part.name).unlink()
            file.write("}\n")


def _append(file: TextIO, values: Iterable[Mapping[str, Any]]) -> None:
    """Append values to a list that is written without its brackets."""
    text = ",\n".join(map(_ENCODER.encode, values))
    if text and file.tell():
        file.write(",\n")
    file.write(text)


def categories(
    segments: Sequence[SegmentInfo], shapes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return segments and shapes as COCO's categories; a segment keeps its id."""
    found: list[dict[str, Any]] = [
        {"id": segment.id, "name": segment.name, "supercategory": "segment"} for segment in segments
    ]
    for number, shape in enumerate(shapes):
        category = {
            "id": FIRST_SHAPE_CATEGORY + number,
            "name": shape["name"],
            "supercategory": shape["kind"],
        }
        if shape["kind"] == "point":
            category |= {"keypoints": [shape["name"]], "skeleton": []}
        found.append(category)
    return found


def png_of(pixels: Shown) -> bytes:
    """Return an image as PNG, without loss."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=PNG_LEVEL, compress_type=PNG_STRATEGY)
    return file.getvalue()


def prove_png(name: str, content: bytes, pixels: Shown) -> FileProof:
    """Read a PNG back and compare every pixel."""
    with Image.open(io.BytesIO(content)) as stored:
        return count_equal(name, pixels, np.asarray(stored))


def mask_annotations(item: Item, frame: Frame) -> Iterator[dict[str, Any]]:
    """Yield an annotation for each segment on a frame, as COCO's compressed run lengths."""
    rows, columns = item.shape_kji[1:]
    for layer in item.layers:
        if (layer, frame.key) not in item.masks:
            continue
        segments = item.segments_on(layer, frame.key)
        packed = coco_masks.encode(_planes(item.mask_ji(layer, frame.key), segments))
        areas, boxes = coco_masks.area(packed).tolist(), coco_masks.toBbox(packed)
        for segment, runs, area, box in zip(segments.tolist(), packed, areas, boxes, strict=True):
            yield {
                "category_id": segment,
                "segmentation": {"size": [rows, columns], "counts": runs["counts"].decode()},
                "area": area,
                "bbox": box.astype(int).tolist(),
                "iscrowd": 0,
                "attributes": {"method": item.origin_of(segment)["method"]},
            }


def _planes(labels: Labels, segments: Labels) -> NDArray[np.uint8]:
    """Return 0 or 1 for each segment [rows, columns, segment], column by column in memory."""
    by_column = np.ascontiguousarray(labels.T)
    planes: NDArray[np.uint8] = (by_column == segments[:, None, None]).view(np.uint8).T
    return planes


def shape_annotations(
    item: Item, frame: Frame, shapes: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return annotations of the shapes on a frame, and the names of those COCO has no word for."""
    numbers = {shape["id"]: FIRST_SHAPE_CATEGORY + n for n, shape in enumerate(shapes)}
    names = {shape["id"]: shape["name"] for shape in shapes}
    written: list[dict[str, Any]] = []
    left_out: list[str] = []
    for thing in item.record["objects"]:
        if thing["frame"] != frame.key:
            continue
        said = coco_shape(thing["kind"], pixel_points(item, frame, thing))
        if said is None or thing["shape_id"] not in numbers:
            left_out.append(names.get(thing["shape_id"], thing["shape_id"]))
        else:
            written.append({"category_id": numbers[thing["shape_id"]], **said, "iscrowd": 0})
    return written, left_out


def prove_masks(name: str, item: Item, frame: Frame, stored: Sequence[Mapping[str, Any]]) -> int:
    """Compare annotations read back from the file with the masks; return the pixels compared."""
    rows, columns = item.shape_kji[1:]
    found = {
        annotation["category_id"]: annotation["segmentation"]
        for annotation in stored
        if isinstance(annotation["segmentation"], dict)
    }
    checked = 0
    for layer in item.layers:
        if (layer, frame.key) not in item.masks:
            continue
        # Column by column, as the run lengths are: what is compared lies side by side in memory.
        labels = np.ascontiguousarray(item.mask_ji(layer, frame.key).T).reshape(-1)
        for segment in item.segments_on(layer, frame.key).tolist():
            said = found.pop(segment, None)
            if said is None or said["size"] != [rows, columns]:
                raise ProofFailed(name, f"segment {segment} is missing on a frame")
            mask = unpack_flat(said["counts"], rows * columns)
            checked += count_equal(name, labels == segment, mask).equal
    if found:
        raise ProofFailed(name, "a frame has a segment that nobody drew")
    return checked
