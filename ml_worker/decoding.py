"""Frames of DICOM instances as numbers: decoded, made grey, rescaled to modality units."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from ml_worker.geometry.mosaic import is_mosaic, tile
from ml_worker.pixels.films import VIDEO, film_frames
from ml_worker.pixels.frames import frame_of, through_tables
from ml_worker.pixels.whole_file import read_whole

Pixels = NDArray[np.float32]

# ITU-R BT.601: what a grey picture of a colour one shows.
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


class ImageUnreadable(ValueError):
    """An image that cannot be decoded; the message is safe to show."""


class Instance:
    """One DICOM instance, parsed once; frames are decoded when asked for."""

    def __init__(self, data: bytes) -> None:
        try:
            self._dataset = read_whole(data)
        except Exception as error:  # pydicom raises many kinds on broken bytes
            raise ImageUnreadable("The file is not readable DICOM.") from error
        self._whole: Pixels | None = None
        self._film: Iterator[NDArray[Any]] = iter(())
        self._shown = 0

    @property
    def is_inverted(self) -> bool:
        """Whether low values are shown bright."""
        return bool(self._dataset.get("PhotometricInterpretation") == "MONOCHROME1")

    def frame(self, number: int, shape: tuple[int, int] | None = None) -> Pixels:
        """Return frame ``number`` (from 1) as [rows, columns] in modality units.

        ``shape`` is the size expected; the frames of a mosaic are its tiles of that size.
        """
        if shape is not None and self._is_mosaic_of(shape):
            return self._tile(number, shape)
        frames = int(self._dataset.get("NumberOfFrames") or 1)
        if not 1 <= number <= frames:
            raise ImageUnreadable(f"There is no frame {number}; the image has {frames}.")
        try:
            stored = through_tables(self._stored(number), self._dataset)
        except Exception as error:  # every decoder has errors of its own
            raise ImageUnreadable(f"Frame {number} cannot be decoded.") from error
        if stored.ndim == 3:
            grey: Pixels = stored[..., :3].astype(np.float32) @ LUMA
            return grey
        if self._dataset.get("ModalityLUTSequence"):
            return stored.astype(np.float32)
        slope, intercept = self._rescale(number)
        return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)

    def _stored(self, number: int) -> NDArray[Any]:
        syntax = self._syntax()
        return (
            self._film_frame(number) if syntax in VIDEO else frame_of(self._dataset, syntax, number)
        )

    def _syntax(self) -> str:
        """Return the transfer syntax; of a file that names none, the one it was read by."""
        meta = getattr(self._dataset, "file_meta", None)
        named = meta.get("TransferSyntaxUID") if meta is not None else None
        if named:
            return str(named)
        is_implicit = self._dataset.original_encoding[0]
        return str(ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian)

    def _film_frame(self, number: int) -> NDArray[Any]:
        """Return a frame of a video; those after the last one asked for are at hand."""
        if number <= self._shown:
            self._shown = 0
        if not self._shown:
            self._film = film_frames(self._dataset)
        for frame in self._film:
            self._shown += 1
            if self._shown == number:
                return frame
        raise LookupError("the video ends before this frame")

    def _is_mosaic_of(self, shape: tuple[int, int]) -> bool:
        size = (self._dataset.get("Rows"), self._dataset.get("Columns"))
        return is_mosaic(self._dataset.get("ImageType")) and size != shape

    def _tile(self, number: int, shape: tuple[int, int]) -> Pixels:
        if self._whole is None:
            self._whole = self.frame(1)
        try:
            cut: Pixels = tile(self._whole, number, shape)
        except ValueError as error:
            raise ImageUnreadable(f"The mosaic has no slice {number}.") from error
        return cut

    def _rescale(self, number: int) -> tuple[float, float]:
        """Slope and intercept of a frame: its own, then those all share, then the instance's."""
        for group in self._groups(number):
            transform = group.get("PixelValueTransformationSequence")
            if transform:
                return _slope_intercept(transform[0])
        return _slope_intercept(self._dataset)

    def _groups(self, number: int) -> list[Dataset]:
        own = self._dataset.get("PerFrameFunctionalGroupsSequence") or []
        shared = self._dataset.get("SharedFunctionalGroupsSequence") or []
        return [*own[number - 1 : number], *shared[:1]]


def _slope_intercept(dataset: Dataset) -> tuple[float, float]:
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    if slope in (None, ""):
        slope = dataset.get("DoseGridScaling")
    return (
        float(slope) if slope not in (None, "") else 1.0,
        float(intercept) if intercept not in (None, "") else 0.0,
    )
