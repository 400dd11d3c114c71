"""What an export holds, read by libraries that know nothing of Limn."""

import gzip
import io
import zipfile

import highdicom as hd
import nibabel
import numpy as np
import pydicom
from numpy.typing import NDArray


def files(archive: bytes, ending: str) -> dict[str, bytes]:
    """Return the archive's files with this ending."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist() if name.endswith(ending)}


def seg_labels_at(
    seg_file: bytes, sop_uid: str, shape: tuple[int, int], ids: dict[str, int] | None = None
) -> NDArray[np.uint16]:
    """Return the labels a DICOM SEG gives to one source image, [rows, columns].

    DICOM numbers the segments of a file from 1 without gaps; `ids` gives ours by their names.
    """
    seg = hd.seg.segread(io.BytesIO(seg_file))
    labels = np.zeros(shape, np.uint16)
    shared = seg.SharedFunctionalGroupsSequence[0]
    names = {int(one.SegmentNumber): str(one.SegmentLabel) for one in seg.SegmentSequence}
    pixels = seg.pixel_array.reshape(-1, *shape)
    for index, group in enumerate(seg.PerFrameFunctionalGroupsSequence):
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        if source.ReferencedSOPInstanceUID == sop_uid:
            where = group if "SegmentIdentificationSequence" in group else shared
            number = where.SegmentIdentificationSequence[0].ReferencedSegmentNumber
            labels[pixels[index] > 0] = number if ids is None else ids[names[number]]
    return labels


def seg_series_uid(seg_file: bytes) -> str:
    """Return the series a DICOM SEG was drawn on."""
    seg = pydicom.dcmread(io.BytesIO(seg_file), stop_before_pixels=True)
    return str(seg.ReferencedSeriesSequence[0].SeriesInstanceUID)


def nifti_label_at(nifti_file: bytes, point_mm_lps: NDArray[np.float64]) -> int:
    """Return the label of the voxel whose centre is at a patient position."""
    image = nibabel.Nifti1Image.from_bytes(_unzipped(nifti_file))
    point_ras = np.array([-point_mm_lps[0], -point_mm_lps[1], point_mm_lps[2], 1.0])
    index = np.linalg.solve(image.affine, point_ras)[:3]
    nearest = np.rint(index).astype(int)
    assert np.abs(index - nearest).max() < 0.01, f"{point_mm_lps} is no voxel centre: {index}"
    return int(np.asanyarray(image.dataobj)[tuple(nearest)])


def nifti_voxels(nifti_file: bytes) -> int:
    """Return how many voxels are labelled."""
    image = nibabel.Nifti1Image.from_bytes(_unzipped(nifti_file))
    return int(np.count_nonzero(np.asanyarray(image.dataobj)))


def _unzipped(data: bytes) -> bytes:
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
