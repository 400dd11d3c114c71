"""Frames of DICOM instances as numbers: decoded, made grey, rescaled to modality units."""

import io
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, convert_color_space
from pydicom.pixels.utils import pixel_array

from ml_worker.geometry.mosaic import is_mosaic, tile

Pixels = NDArray[np.float32]

# ITU-R BT.601: what a grey picture of a colour one shows.
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


class ImageUnreadable(ValueError):
    """An image that cannot be decoded; the message is safe to show."""


class Instance:
    """One DICOM instance, parsed once; frames are decoded when asked for."""

    def __init__(self, data: bytes) -> None:
        try:
            self._dataset: Dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        except Exception as error:  # pydicom raises many kinds on broken bytes
            raise ImageUnreadable("The file is not readable DICOM.") from error
        self._whole: Pixels | None = None

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
            stored = pixel_array(self._dataset, index=number - 1, raw=True)
        except Exception as error:  # every decoder has errors of its own
            raise ImageUnreadable(f"Frame {number} cannot be decoded.") from error
        if stored.ndim == 3:
            return self._grey(stored)
        if self._dataset.get("ModalityLUTSequence"):
            table: Pixels = apply_modality_lut(stored, self._dataset).astype(np.float32)
            return table
        slope, intercept = self._rescale(number)
        return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)

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

    def _grey(self, stored: NDArray[Any]) -> Pixels:
        photometric = str(self._dataset.get("PhotometricInterpretation", "RGB"))
        if photometric.startswith("YBR_FULL"):
            stored = convert_color_space(stored, photometric, "RGB")
        grey: Pixels = stored[..., :3].astype(np.float32) @ LUMA
        return grey

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
