"""An ultrasound picture with a name burned into it, new to any installation at every call."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, UltrasoundMultiFrameImageStorage, generate_uid

ROWS, COLUMNS, FRAMES = 360, 480, 3
AT = (24, 30)


@dataclass(frozen=True)
class Burned:
    """Where the file lies, its pixels, and the name's box: top, left, bottom, right."""

    path: Path
    pixels: NDArray[np.uint8]
    box: tuple[int, int, int, int]


def burned_picture(folder: Path, name: str) -> Burned:
    """Write a file of three frames, each with the name in the same place."""
    rng = np.random.default_rng(3)
    base = rng.normal(60, 6, (FRAMES, ROWS, COLUMNS)).clip(0, 255).astype(np.uint8)
    sheet = Image.new("L", (COLUMNS, ROWS))
    font = ImageFont.load_default(22)
    ImageDraw.Draw(sheet).text((AT[1], AT[0]), name, font=font, fill=255)
    ink = np.asarray(sheet) > 100
    base[:, ink] = 240
    found = np.argwhere(ink)
    top, left = (int(v) for v in found.min(axis=0))
    bottom, right = (int(v) + 1 for v in found.max(axis=0))
    image = _image(base)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "burned.dcm"
    image.save_as(path, enforce_file_format=True)
    return Burned(path, base, (top, left, bottom, right))


def _image(pixels: NDArray[np.uint8]) -> Dataset:
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID = UltrasoundMultiFrameImageStorage
    image.SOPInstanceUID, image.StudyInstanceUID = generate_uid(), generate_uid()
    image.SeriesInstanceUID = generate_uid()
    image.Modality, image.ImageType = "US", ["ORIGINAL", "PRIMARY"]
    image.PatientID, image.PatientName = f"B{image.SOPInstanceUID[-9:]}", "Adeyemi^Folake"
    image.StudyDate, image.InstanceNumber = "20250101", 1
    image.StudyDescription = "Ultrasound"
    image.NumberOfFrames, image.Rows, image.Columns = pixels.shape
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation = 7, 0
    image.PixelData = pixels.tobytes()
    return image
