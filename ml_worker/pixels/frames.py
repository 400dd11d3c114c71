"""One frame of a data set that was read whole: as stored, and through the tables it brings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid as uids
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import get_frame
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut

from ml_worker.pixels import bit_frames, films
from ml_worker.pixels.safe_decoders import pixel_array

Pixels = NDArray[Any]


def frame_of(dataset: FileDataset, syntax: str, number: int) -> Pixels:
    """Return frame `number` (from 1): (rows, columns) as stored, or (rows, columns, 3) RGB.

    Raises whatever decoders do. A file that names no transfer syntax is read by the one given.
    """
    if not hasattr(dataset, "file_meta") or "TransferSyntaxUID" not in dataset.file_meta:
        dataset.ensure_file_meta()
        dataset.file_meta.TransferSyntaxUID = uids.UID(syntax)
    if syntax in films.VIDEO:
        return films.film_frame(dataset, number)
    if bit_frames.is_left_out(syntax, int(dataset.get("BitsAllocated") or 0)):
        return bit_frames.bit_frame(dataset, syntax, number)
    if syntax == uids.JPEGExtended12Bit:
        return _jpeg(dataset, number)
    return pixel_array(dataset, index=number - 1)


def _jpeg(dataset: Dataset, number: int) -> Pixels:
    """Decode 12-bit JPEG, which pydicom's own decoders leave out."""
    import imagecodecs  # noqa: PLC0415  heavy, and rarely needed

    frames = int(dataset.get("NumberOfFrames") or 1)
    stream = get_frame(dataset.PixelData, number - 1, number_of_frames=frames)
    decoded: Pixels = np.asarray(imagecodecs.jpeg_decode(stream))
    return decoded


def through_tables(array: Pixels, dataset: Dataset) -> Pixels:
    """Return stored values through the Modality LUT or the palette, where there is one."""
    if dataset.get("ModalityLUTSequence") and array.ndim == 2:
        mapped: Pixels = apply_modality_lut(array, dataset)
        return mapped
    if dataset.get("PhotometricInterpretation") == "PALETTE COLOR":
        colours: Pixels = apply_color_lut(array, dataset)
        return colours if colours.dtype == np.uint8 else (colours >> 8).astype(np.uint8)
    return array
