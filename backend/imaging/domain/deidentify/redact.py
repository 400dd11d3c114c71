"""Blanks boxes in every frame, keeps all other pixels as they are, and says so in the header.

Raw pixels are blanked where they lie. Compressed ones are decoded and encoded again without loss.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid as uids
from pydicom.dataset import Dataset, FileDataset

from backend.imaging.domain.deidentify.marks import mark_pixels
from backend.imaging.domain.deidentify.text_boxes import Box
from ml_worker.pixels.safe_decoders import iter_pixels, pixel_array

Picture = NDArray[Any]
DERIVATION = "Burned-in text blanked"
_RAW = frozenset(
    {
        str(uids.ImplicitVRLittleEndian), str(uids.ExplicitVRLittleEndian),
        str(uids.DeflatedExplicitVRLittleEndian),
    }
)  # fmt: skip
_TYPES = {8: "u1", 16: "<u2", 32: "<u4"}


class NotRedactable(ValueError):
    """The pixels are of a kind that cannot be blanked."""


def frame_pictures(dataset: Dataset, wanted: Iterable[int]) -> Iterator[Picture]:
    """Yield frames (from 0) as (rows, columns) or (rows, columns, 3) of stored values."""
    yield from iter_pixels(dataset, indices=list(wanted))


def redacted(dataset: FileDataset, boxes: Iterable[Box]) -> FileDataset:
    """Blank the boxes in all frames of a file, in place; raises NotRedactable."""
    places = [box for box in boxes if box.top < box.bottom and box.left < box.right]
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", uids.ImplicitVRLittleEndian))
    if int(dataset.get("BitsAllocated") or 0) not in _TYPES or "PixelData" not in dataset:
        raise NotRedactable
    if syntax in _RAW and "422" not in str(dataset.get("PhotometricInterpretation")):
        _blank_raw(dataset, places)
    else:
        _blank_encoded(dataset, places)
    _say_so(dataset)
    return dataset


def _blank_raw(dataset: FileDataset, boxes: list[Box]) -> None:
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    samples, frames = (
        int(dataset.get("SamplesPerPixel") or 1),
        int(dataset.get("NumberOfFrames") or 1),
    )
    element = dataset["PixelData"]
    pixels = np.frombuffer(bytearray(element.value), dtype=_TYPES[int(dataset.BitsAllocated)])
    used = frames * rows * columns * samples
    if pixels.size < used:
        raise NotRedactable
    by_plane = samples > 1 and int(dataset.get("PlanarConfiguration") or 0) == 1
    shape = (frames, samples, rows, columns) if by_plane else (frames, rows, columns, samples)
    view = pixels[:used].reshape(shape)
    view = view.transpose(0, 2, 3, 1) if by_plane else view
    black = _black(dataset, view)
    for box in boxes:
        view[:, box.top : box.bottom, box.left : box.right] = black
    element.value = pixels.tobytes()


def _blank_encoded(dataset: FileDataset, boxes: list[Box]) -> None:
    frames = int(dataset.get("NumberOfFrames") or 1)
    try:
        array = np.array(pixel_array(dataset))
    except Exception as error:
        raise NotRedactable from error
    if int(dataset.get("SamplesPerPixel") or 1) > 1:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
    view = array.reshape(frames, int(dataset.Rows), int(dataset.Columns), -1)
    black = _black(dataset, view)
    for box in boxes:
        view[:, box.top : box.bottom, box.left : box.right] = black
    for syntax in (uids.JPEGLSLossless, uids.RLELossless):
        try:
            dataset.compress(syntax, array, generate_instance_uid=False)
        except Exception:  # noqa: BLE001, S112  the next one takes what this one does not
            continue
        return
    raise NotRedactable


def _black(dataset: Dataset, view: Picture) -> Picture:
    """Return the value of each sample that is shown black and tells nothing."""
    kind = str(dataset.get("PhotometricInterpretation", ""))
    samples = view.shape[-1]
    if kind.startswith("YBR"):
        middle = 1 << (int(dataset.BitsStored) - 1)
        return np.array([0, middle, middle], dtype=view.dtype)
    if kind == "PALETTE COLOR":
        return np.array([_darkest(dataset)], dtype=view.dtype)
    if samples > 1:
        return np.zeros(samples, dtype=view.dtype)
    values = view
    if int(dataset.get("PixelRepresentation") or 0) and view.dtype.kind == "u":
        values = view.view(view.dtype.str.replace("u", "i"))
    extreme = values.max() if kind == "MONOCHROME1" else values.min()
    return np.array([extreme], dtype=values.dtype).view(view.dtype)


def _darkest(dataset: Dataset) -> int:
    """Return the index of the darkest colour of a palette; the first where it cannot be read."""
    first = int(dataset.RedPaletteColorLookupTableDescriptor[1])
    try:
        tables = [
            np.frombuffer(dataset[f"{colour}PaletteColorLookupTableData"].value, dtype="<u2")
            for colour in ("Red", "Green", "Blue")
        ]
        return first + int(np.argmin(sum(table.astype(np.int64) for table in tables)))
    except (KeyError, TypeError, ValueError):
        return first


def _say_so(dataset: FileDataset) -> None:
    kind = [str(word) for word in dataset.get("ImageType") or ["", "PRIMARY"]]
    dataset.ImageType = ["DERIVED", *kind[1:]]
    earlier = str(dataset.get("DerivationDescription") or "")
    if DERIVATION not in earlier:
        dataset.DerivationDescription = f"{earlier}; {DERIVATION}".removeprefix("; ")
    mark_pixels(dataset)
