"""Siemens mosaics as a scanner writes them: tiles in one picture, a CSA header, private elements."""

import struct

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from fixtures.uids import uid_of

ROWS, COLUMNS, SPACING = 10, 12, (1.5, 1.25)


def csa(**tags):
    """Return a CSA2 header with these tags; each is a list of texts."""
    parts = [b"SV10\4\3\2\1", struct.pack("<II", len(tags), 77)]
    for name, texts in tags.items():
        head = (name.encode(), len(texts), b"FD\0\0", 4, len(texts), 77)
        parts.append(struct.pack("<64si4siii", *head))
        for text in texts:
            data = text.encode() + b"\0"
            parts.append(struct.pack("<4i", len(data), len(data), 77, len(data)))
            parts.append(data.ljust(-(-len(data) // 4) * 4, b"\0"))
    return b"".join(parts)


def first_csa(**tags):
    """Return a CSA1 header: no mark, and lengths that count from the first tag's items."""
    parts = [struct.pack("<II", len(tags), 77)]
    offset = len(next(iter(tags.values())))
    for name, texts in tags.items():
        parts.append(struct.pack("<64si4siii", name.encode(), 1, b"FD\0\0", 4, len(texts), 77))
        for text in texts:
            data = text.encode() + b"\0"
            parts.append(struct.pack("<4i", len(data) + offset, 0, 0, 0))
            parts.append(data.ljust(-(-len(data) // 4) * 4, b"\0"))
    return b"".join(parts)


def volume(slices, seed=0):
    """Return voxels [k, j, i], no two alike."""
    count = slices * ROWS * COLUMNS
    return (np.arange(count) * 7 + seed).reshape(slices, ROWS, COLUMNS).astype(np.uint16)


def mosaic_of(voxels, *, geometry, header, number=1, private_count=None, acquisition=1):
    """Return a mosaic data set of `voxels`; `geometry` is (first corner, row, column, normal, gap)."""
    slices = len(voxels)
    across = int(np.ceil(np.sqrt(slices)))
    picture = np.zeros((across * ROWS, across * COLUMNS), np.uint16)
    for n, plane in enumerate(voxels):
        row, column = divmod(n, across)
        picture[row * ROWS : (row + 1) * ROWS, column * COLUMNS : (column + 1) * COLUMNS] = plane
    dataset = _shell(picture, number, acquisition)
    corner, row_direction, column_direction, gap = geometry
    outwards = row_direction * (across - 1) * COLUMNS / 2 * SPACING[1]
    outwards = outwards + column_direction * (across - 1) * ROWS / 2 * SPACING[0]
    dataset.ImagePositionPatient = [f"{v:.8g}" for v in corner - outwards]
    dataset.ImageOrientationPatient = [f"{v:.8g}" for v in (*row_direction, *column_direction)]
    dataset.SpacingBetweenSlices = gap
    if header is not None:
        block = dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
        block.add_new(0x10, "OB", header)
    if private_count is not None:
        block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
        block.add_new(0x0A, "US", private_count)
    return dataset


def _shell(picture, number, acquisition):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = MRImageStorage
    uid = uid_of("mosaic", number)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = uid
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid_of("study", "m"), uid_of("s", "m")
    dataset.FrameOfReferenceUID = uid_of("frame", "m")
    dataset.PatientID, dataset.PatientName = "MOSAIC", "Mosaic^Phantom"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
    dataset.Modality, dataset.InstanceNumber, dataset.AcquisitionNumber = "MR", number, acquisition
    dataset.Rows, dataset.Columns = picture.shape
    dataset.PixelSpacing = list(SPACING)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation, dataset.SamplesPerPixel = 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = picture.tobytes()
    return dataset
