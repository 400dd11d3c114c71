"""Siemens mosaics: a volume laid out as tiles in one picture, taken apart again.

A mosaic is no DICOM notion. Classic Siemens MR writes the slices of one volume row by row into a
square picture, says so in ImageType, and describes it in private elements: the CSA image header
(0029,1010) with NumberOfImagesInMosaic and SliceNormalVector, newer systems in (0019,100A).
ImagePositionPatient is that of the corner the whole picture would have if it were one slice as
large, so the first tile lies half the difference further in.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from backend.imaging.domain.csa import read_csa
from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.frame_geometry import FrameEntry
from backend.imaging.domain.header import number, values
from backend.imaging.domain.parsed import Parsed
from backend.imaging.domain.served import describe
from ml_worker.geometry.mosaic import is_mosaic

_SIEMENS_HEADER, _SIEMENS_CSA = "SIEMENS MR HEADER", "SIEMENS CSA HEADER"
_IMAGE_TYPE, _SPACING_BETWEEN = "00080008", "00180088"
MOST_TILES = 4096
NO_COUNT = "mosaic_unknown"
NO_DIRECTION = "mosaic_unplaced"


@dataclass(frozen=True)
class Mosaic:
    """How a picture is laid out, and which way its slices follow one another."""

    tiles: int
    normal: tuple[float, float, float] | None
    b_value: float | None

    @property
    def across(self) -> int:
        """Tiles in a row; as many as there are rows."""
        return math.ceil(math.sqrt(self.tiles))


def split_mosaic(parsed: Parsed, path: Path) -> None:
    """Make the tiles of a mosaic the frames of an instance.

    A mosaic that does not say how many slices it holds stays the picture it is.
    """
    pixels = parsed.pixels
    if pixels is None or pixels.frames != 1 or not is_mosaic(values(parsed.header, _IMAGE_TYPE)):
        return
    mosaic = _mosaic(path)
    if mosaic is None or pixels.rows % mosaic.across or pixels.columns % mosaic.across:
        parsed.frames = [{**entry, "p": None} for entry in parsed.frames]
        parsed.remarks.append(NO_COUNT)
        return
    rows, columns = pixels.rows // mosaic.across, pixels.columns // mosaic.across
    entries = _placed(parsed.header, parsed.frames[0], mosaic, (rows, columns))
    parsed.pixels = replace(pixels, frames=mosaic.tiles)
    parsed.frames = entries
    parsed.pixel_module = {
        **parsed.pixel_module,
        "exact": False,
        "served": describe(pixels, exact=False),
        "tile": [rows, columns],
    }
    if entries[0]["p"] is None:
        parsed.remarks.append(NO_DIRECTION)


def _mosaic(path: Path) -> Mosaic | None:
    dataset = dcmread(path, stop_before_pixels=True, force=True)
    raw = _private(dataset, _SIEMENS_CSA, 0x10, group=0x0029)
    csa = read_csa(raw) if isinstance(raw, bytes) else {}
    tiles = csa.get("NumberOfImagesInMosaic", [None])[0]
    tiles = tiles or _private(dataset, _SIEMENS_HEADER, 0x0A)
    try:
        count = int(str(tiles))
    except ValueError:
        return None
    if not 1 < count <= MOST_TILES:
        return None
    normal = _numbers(csa.get("SliceNormalVector", []))
    b_value = _numbers(csa.get("B_value", []))
    return Mosaic(
        count,
        (normal[0], normal[1], normal[2]) if len(normal) == 3 else None,
        b_value[0] if b_value else None,
    )


def _numbers(texts: list[str]) -> list[float]:
    try:
        return [float(text) for text in texts]
    except ValueError:
        return []


def _private(dataset: Dataset, creator: str, element: int, group: int = 0x0019) -> Any:  # noqa: ANN401
    try:
        value = dataset.private_block(group, creator)[element].value
    except (KeyError, NotImplementedError):
        return None
    is_number = isinstance(value, bytes) and len(value) == 2
    return int.from_bytes(value, "little") if is_number else value


def _placed(
    header: Header, entry: FrameEntry, mosaic: Mosaic, shape: tuple[int, int]
) -> list[FrameEntry]:
    """Return an entry per tile; without a position where the direction of slices is not told."""
    labels = dict(entry["l"])
    if mosaic.b_value is not None:
        labels.setdefault("b", mosaic.b_value)
    between = number(header, _SPACING_BETWEEN)
    is_known = mosaic.normal is not None and between and all(entry[key] for key in "pos")
    if not is_known:
        return [{**entry, "p": None, "l": labels} for _ in range(mosaic.tiles)]
    first = _first_corner(entry, shape, mosaic.across)
    step = np.asarray(mosaic.normal) * abs(between or 0)
    return [
        {**entry, "p": [float(v) for v in first + step * n], "l": labels}
        for n in range(mosaic.tiles)
    ]


def _first_corner(entry: FrameEntry, shape: tuple[int, int], across: int) -> NDArray[np.float64]:
    """Return where the first voxel of the first tile lies, LPS mm."""
    rows, columns = shape
    row, column = np.asarray(entry["o"][:3]), np.asarray(entry["o"][3:])
    between_rows, between_columns = entry["s"]
    inwards_i = (columns * across - columns) / 2 * between_columns
    inwards_j = (rows * across - rows) / 2 * between_rows
    corner: NDArray[np.float64] = np.asarray(entry["p"]) + row * inwards_i + column * inwards_j
    return corner
