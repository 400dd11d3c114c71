"""Decides whether a picture may be shown, or waits for a person because text is burned into it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from backend.imaging.domain.deidentify.policy import PixelRules, Recipe
from backend.imaging.domain.deidentify.reading import letters_read
from backend.imaging.domain.deidentify.redact import frame_pictures
from backend.imaging.domain.deidentify.text_boxes import Box, text_boxes

Verdict = Literal["clean", "quarantine"]
Picture = NDArray[Any]

REASONS = {
    "declared": "The file itself says that text is burned into the picture.",
    "text": "The picture seems to carry text.",
    "undecodable": "The picture could not be decoded, so nobody knows what is written in it.",
}
MOST_FRAMES = 8
# Fewer glyphs than this in a row are no name unless a reader agrees.
_SURE_LETTERS = 6
_MODALITIES = frozenset(
    {
        "US", "IVUS", "CR", "DX", "MG", "PX", "IO", "XA", "RF", "SC", "OT", "DOC", "ES", "GM",
        "XC", "OP", "OPV", "OAM", "NM", "PT", "SR", "HC", "BMD", "OCT", "VF",
    }
)  # fmt: skip
# What decides whether a picture is looked at: kind, origin, device, declared text, regions.
LOOKED_AT = (
    0x00080008, 0x00080016, 0x00080060, 0x00080064, 0x00080070, 0x0008103E, 0x00081090,
    0x00186011, 0x00280010, 0x00280011, 0x00280301,
)  # fmt: skip
_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_SCREEN = re.compile(
    r"screen|captur|snapshot|report|summary|dose|protocol|save|key ?image|\bsc\b|print",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """What was found: boxes over all frames looked at, and those that device rules name."""

    verdict: Verdict
    reason: str = ""
    boxes: tuple[Box, ...] = ()
    known: tuple[Box, ...] = ()
    frames_checked: int = 0


def inspected(dataset: Dataset, rules: PixelRules) -> Finding:
    """Look at the pictures of a data set as the rules ask; before its header is cleaned."""
    if rules.check == "none" or "PixelData" not in dataset:
        return Finding("clean")
    if not asks_for_a_look(dataset, rules):
        return Finding("clean")
    known = known_places(dataset, rules)
    declared = _is_declared(dataset)
    boxes: list[Box] = []
    checked = 0
    try:
        for picture in _sampled(dataset):
            boxes += boxes_of(picture)
            checked += 1
    except Exception:  # noqa: BLE001  decoders raise anything
        return Finding("quarantine", "undecodable", known=known)
    found = tuple(sorted(set(boxes)))
    if rules.blank_known:
        found = tuple(box for box in found if not any(k.covers(box) > 0.9 for k in known))
    if declared or found:
        return Finding("quarantine", "text" if found else "declared", found, known, checked)
    return Finding("clean", known=known, frames_checked=checked)


def asks_for_a_look(dataset: Dataset, rules: PixelRules) -> bool:
    """Tell whether the pictures of a data set with these LOOKED_AT are to be searched for text."""
    if rules.check != "likely":
        return rules.check == "all"
    is_named = _is_declared(dataset) or bool(known_places(dataset, rules))
    return is_named or is_likely(dataset)


def boxes_of(picture: Picture) -> list[Box]:
    """Return where a picture carries text; a reader, where there is one, sorts out short rows."""
    boxes = text_boxes(picture)
    doubtful = [box for box in boxes if box.letters < _SURE_LETTERS]
    read = letters_read(picture, doubtful)
    if read is None:
        return boxes
    wrong = {box for box, letters in zip(doubtful, read, strict=True) if not letters}
    return [box for box in boxes if box not in wrong]


def is_likely(dataset: Dataset) -> bool:
    """Tell whether pictures like this often carry text: by kind, by origin, by what they are called."""
    if _word(dataset, "Modality") in _MODALITIES or _word(dataset, "ConversionType"):
        return True
    if str(dataset.get("SOPClassUID", "")).startswith(_CAPTURE):
        return True
    kind = " ".join(str(word) for word in dataset.get("ImageType") or ())
    described = str(dataset.get("SeriesDescription", "") or "")
    return "SECONDARY" in kind or bool(_SCREEN.search(f"{kind} {described}"))


def known_places(dataset: Dataset, rules: PixelRules) -> tuple[Box, ...]:
    """Return where this device writes: what its recipe says, and all outside ultrasound regions."""
    rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
    boxes = [
        Box(*box) for recipe in rules.recipes if _fits(recipe, dataset) for box in recipe.boxes
    ]
    boxes += _outside_regions(dataset, rows, columns)
    inside = (
        Box(box.top, box.left, min(box.bottom, rows), min(box.right, columns)) for box in boxes
    )
    return tuple(sorted({box for box in inside if box.top < box.bottom and box.left < box.right}))


def _is_declared(dataset: Dataset) -> bool:
    return _word(dataset, "BurnedInAnnotation") == "YES"


def _fits(recipe: Recipe, dataset: Dataset) -> bool:
    return (
        _word(dataset, "Manufacturer").startswith(recipe.manufacturer.upper())
        and recipe.model.upper() in {"", _word(dataset, "ManufacturerModelName")}
        and recipe.rows in {0, dataset.get("Rows")}
        and recipe.columns in {0, dataset.get("Columns")}
    )


def _outside_regions(dataset: Dataset, rows: int, columns: int) -> Iterator[Box]:
    regions = dataset.get("SequenceOfUltrasoundRegions") or []
    try:
        edges = np.array(
            [
                [
                    region.RegionLocationMinY0,
                    region.RegionLocationMinX0,
                    region.RegionLocationMaxY1,
                    region.RegionLocationMaxX1,
                ]
                for region in regions
            ]
        )
    except AttributeError:
        return
    if edges.size == 0:
        return
    top, left = (int(edge) for edge in edges[:, :2].min(axis=0))
    bottom, right = (int(edge) + 1 for edge in edges[:, 2:].max(axis=0))
    yield Box(0, 0, top, columns)
    yield Box(bottom, 0, rows, columns)
    yield Box(top, 0, bottom, left)
    yield Box(top, right, bottom, columns)


def _sampled(dataset: Dataset) -> Iterator[Picture]:
    """Yield all frames of a short object, evenly spread ones of a long one."""
    count = int(dataset.get("NumberOfFrames") or 1)
    wanted: Iterable[int] = range(count)
    if count > MOST_FRAMES:
        wanted = sorted({round(n * (count - 1) / (MOST_FRAMES - 1)) for n in range(MOST_FRAMES)})
    yield from frame_pictures(dataset, wanted)


def _word(dataset: Dataset, keyword: str) -> str:
    return str(dataset.get(keyword) or "").strip().upper()
