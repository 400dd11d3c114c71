"""The images of one item, from the blob store: headers, values, and what people saw."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from backend.core.blobs import blob_store, file_chunks
from backend.exports.domain.display import Shown, shown, spread_window, window_of
from backend.exports.domain.item import Frame, Item, ItemRefused
from backend.imaging.domain.decode import FrameUnreadable, decode_frame, decode_tile
from backend.imaging.domain.dicom_json import header_from
from backend.imaging.domain.suv import Suv, suv_from
from ml_worker.geometry.mosaic import is_mosaic

Values = NDArray[np.float64]
COLOUR = "These are colour images; NIfTI volumes hold one value a voxel. Export them as COCO."


class Source:
    """Reads the stored files of an item; one frame is decoded at a time."""

    def __init__(self, item: Item) -> None:
        self._item = item

    @cached_property
    def headers(self) -> dict[str, Dataset]:
        """The header of each instance, by SOP instance UID."""
        found: dict[str, Dataset] = {}
        for frame in self._item.frames:
            if frame.sop_uid not in found:
                with local_file(frame.blob_sha256) as path:
                    found[frame.sop_uid] = dcmread(path, stop_before_pixels=True, force=True)
        return found

    def values_kji(self) -> Values:
        """Return all values after rescaling [k, j, i]."""
        volume = np.empty(self._item.shape_kji, np.float64)
        for k, frame in enumerate(self._item.frames):
            stored = self._decode(frame)
            if stored.ndim != 2:
                raise ItemRefused(COLOUR)
            volume[k] = self._rescaled(frame, stored)
        return volume

    def said_of_values(self) -> dict[str, str]:
        """Return what the exported numbers are, and for PET what makes SUV of them, or why nothing.

        Values are as the scanner gave them, after rescaling; they are never turned into SUV here.
        """
        first = self._item.frames[0]
        transform = self._group(first, "PixelValueTransformationSequence")
        unit = transform.get("RescaleType") or self.headers[first.sop_uid].get("Units")
        said = {"values": str(unit) if unit else "as stored, after rescaling"}
        found = [suv_from(header_from(header)) for header in self.headers.values()]
        known = [each for each in found if each is not None]
        if known:
            said["suv"] = _suv_words(known)
        return said

    def pictures(self) -> Iterator[tuple[int, Frame, Shown]]:
        """Yield place, frame and picture: grey [rows, columns] or colour [rows, columns, 3]."""
        window = self._window()
        for k, frame in enumerate(self._item.frames):
            stored = self._decode(frame)
            if stored.ndim == 3:
                yield k, frame, _eight_bits(stored, self.headers[frame.sop_uid])
                continue
            header = self.headers[frame.sop_uid]
            inverted = header.get("PhotometricInterpretation") == "MONOCHROME1"
            yield k, frame, shown(self._rescaled(frame, stored), window, inverted=inverted)

    def _window(self) -> tuple[float, float]:
        """Return one window for the whole series, so that slices can be compared."""
        middle = self._item.frames[len(self._item.frames) // 2]
        voi = self._group(middle, "FrameVOILUTSequence")
        window = window_of(_numbers(voi, "WindowCenter"), _numbers(voi, "WindowWidth"))
        if window is not None:
            return window
        lows, highs = [], []
        for frame in self._item.frames:
            stored = self._decode(frame)
            if stored.ndim == 2:
                values = self._rescaled(frame, stored)
                lows.append(float(values.min()))
                highs.append(float(values.max()))
        return spread_window(min(lows, default=0.0), max(highs, default=255.0))

    def _decode(self, frame: Frame) -> NDArray[Any]:
        syntax = str(self.headers[frame.sop_uid].file_meta.TransferSyntaxUID)
        with local_file(frame.blob_sha256) as path:
            try:
                if self._is_tile(frame):
                    return decode_tile(path, syntax, frame.number, self._item.shape_kji[1:])
                return decode_frame(path, syntax, frame.number)
            except FrameUnreadable as error:
                raise ItemRefused(f"{error} Its labels can be exported as DICOM SEG.") from error

    def _is_tile(self, frame: Frame) -> bool:
        """Tell whether a frame is a slice of a mosaic, cut out of a larger picture."""
        header = self.headers[frame.sop_uid]
        size = (header.get("Rows"), header.get("Columns"))
        return is_mosaic(header.get("ImageType")) and size != self._item.shape_kji[1:]

    def _rescaled(self, frame: Frame, stored: NDArray[Any]) -> Values:
        transform = self._group(frame, "PixelValueTransformationSequence")
        if transform.get("ModalityLUTSequence"):
            return stored.astype(np.float64)  # the table was applied when it was decoded
        slope = float(transform.get("RescaleSlope") or transform.get("DoseGridScaling") or 1)
        intercept = float(transform.get("RescaleIntercept") or 0)
        return stored.astype(np.float64) * slope + intercept

    def _group(self, frame: Frame, name: str) -> Dataset:
        """Return a functional group of a frame: its own, the shared one, or the header itself."""
        header = self.headers[frame.sop_uid]
        if "PerFrameFunctionalGroupsSequence" in header:
            own = header.PerFrameFunctionalGroupsSequence[frame.number - 1]
            if name in own:
                return Dataset(own[name][0])
        if "SharedFunctionalGroupsSequence" in header:
            shared = header.SharedFunctionalGroupsSequence[0]
            if name in shared:
                return Dataset(shared[name][0])
        return header


@contextmanager
def local_file(sha256: str) -> Iterator[Path]:
    """Give a blob as a file: its own where there is one, else a copy for the moment."""
    store = blob_store()
    path = store.local_path(sha256)
    if path is not None:
        yield path
        return
    with tempfile.NamedTemporaryFile() as copy, store.open(sha256) as stream:
        for chunk in file_chunks(stream):
            copy.write(chunk)
        copy.flush()
        yield Path(copy.name)


def _suv_words(found: list[Suv]) -> str:
    """Return how values become SUV: one factor for all slices, or that there is none."""
    unknown = next((each for each in found if each.factor is None), None)
    if unknown is not None:
        return unknown.why
    factors = [each.factor or 0.0 for each in found]
    if max(factors) - min(factors) > 1e-6 * max(factors):
        return f"{found[0].why} The factor differs from slice to slice."
    return f"SUV is the value times {factors[0]:.8g}. {found[0].why}"


def _numbers(header: Dataset, keyword: str) -> list[float]:
    value = header.get(keyword)
    if value is None or value == "":
        return []
    return [float(v) for v in value] if hasattr(value, "__iter__") else [float(value)]


def _eight_bits(colours: NDArray[Any], header: Dataset) -> Shown:
    if colours.dtype != np.uint8:
        colours = colours >> max(int(header.get("BitsStored", 8)) - 8, 0)
    return np.ascontiguousarray(colours[..., :3].astype(np.uint8))
