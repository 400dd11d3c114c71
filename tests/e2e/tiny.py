"""Tiny DICOM files with identifiers of their own at every call: new to any installation."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SIDE = 32


def tiny_series(folder: Path, count: int) -> list[Path]:
    """Write an axial CT series of `count` images, 1 mm apart; return the files in order."""
    folder.mkdir(parents=True, exist_ok=True)
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    paths = []
    for k in range(count):
        image = _image(k)
        image.StudyInstanceUID, image.SeriesInstanceUID = study, series
        image.FrameOfReferenceUID = frame
        paths.append(folder / f"slice-{k + 1:04d}.dcm")
        image.save_as(paths[-1], enforce_file_format=True)
    return paths


def _image(k: int) -> Dataset:
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID, image.SOPInstanceUID = CTImageStorage, generate_uid()
    image.Modality, image.StudyDate, image.InstanceNumber = "CT", "20250101", k + 1
    image.PatientID, image.PatientName = "TINY", "Tiny"
    image.StudyDescription = "Tiny files"
    image.ImagePositionPatient = [0, 0, float(k)]
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.PixelSpacing = [1, 1]
    image.Rows = image.Columns = SIDE
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelRepresentation, image.SamplesPerPixel = 0, 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.PixelData = np.full((SIDE, SIDE), 40 * (k % 100), np.uint16).tobytes()
    return image
