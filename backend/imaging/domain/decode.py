"""Frames decoded by the reference decoders, and laid out as they are served."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid as uids
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame

from ml_worker.geometry.mosaic import tile
from ml_worker.pixels.frames import frame_of, through_tables
from ml_worker.pixels.safe_decoders import pixel_array
from ml_worker.pixels.whole_file import read_whole

Pixels = NDArray[Any]


class FrameUnreadable(Exception):
    """The decoders could not read the frame; the message is safe to show."""


def decode_frame(path: Path, syntax: str, number: int, *, with_palette: bool = True) -> Pixels:
    """Return frame `number` (from 1): (rows, columns) of values, or (rows, columns, 3) RGB.

    Palette colour becomes RGB, and values go through the Modality LUT where there is a table;
    unless `with_palette` is false: then both stay as stored.
    """
    try:
        array, dataset = _decode_in_place(path, syntax, number)
    except Exception:  # noqa: BLE001  decoders raise anything; the slow way settles it
        try:
            array, dataset = _decode_whole(path, syntax, number)
        except Exception as error:
            raise FrameUnreadable("The image could not be decoded.") from error
    return through_tables(array, dataset) if with_palette else array


def decode_tile(path: Path, syntax: str, number: int, shape: tuple[int, int]) -> Pixels:
    """Return tile `number` (from 1) of a mosaic, whose tiles are of `shape` (rows, columns)."""
    try:
        return tile(decode_frame(path, syntax, 1), number, shape)
    except ValueError as error:
        raise FrameUnreadable("The mosaic has no such slice.") from error


def stored_frame(path: Path, number: int, frames: int) -> bytes:
    """Return the codestream of frame `number` (from 1), put together from its fragments."""
    try:
        dataset = read_whole(path)
        return get_frame(dataset.PixelData, number - 1, number_of_frames=frames)
    except Exception as error:
        raise FrameUnreadable("The image could not be read.") from error


def _decode_in_place(path: Path, syntax: str, number: int) -> tuple[Pixels, Dataset]:
    """Decode one frame without reading the others."""
    found = Dataset()
    array = pixel_array(path, ds_out=found, index=number - 1, transfer_syntax_uid=uids.UID(syntax))
    return array, found


def _decode_whole(path: Path, syntax: str, number: int) -> tuple[Pixels, Dataset]:
    """Decode from the whole file; for files that are not quite what they say."""
    dataset = read_whole(path)
    return frame_of(dataset, syntax, number), dataset


def lay_out(array: Pixels, served: dict[str, Any], bits_stored: int) -> bytes:
    """Return the bytes of a rendition: little endian, colour interleaved, see `served.describe`."""
    if served["samples_per_pixel"] == 3:
        return np.ascontiguousarray(as_rgb8(array, bits_stored)).tobytes()
    if served["bits_allocated"] == 32:
        return array.astype("<f4").tobytes()
    kind = "i" if served["pixel_representation"] else "u"
    return array.astype(f"<{kind}{served['bits_allocated'] // 8}").tobytes()


def as_rgb8(array: Pixels, bits_stored: int) -> Pixels:
    """Return colour as (rows, columns, 3) of 8 bits; the highest bits of deeper samples."""
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.dtype != np.uint8:
        array = (array >> max(bits_stored - 8, 0)).astype(np.uint8)
    return array[..., :3]
