"""The table over the real data: pixels equal, nothing lost, each refusal understood.

Here over the folders that are hard to read; ``python -m tests.realdata.table`` makes it over all.
"""

import logging

import numpy as np
import pydicom
import pytest

from backend.core import blobs
from backend.imaging.domain.decode import decode_frame
from tests.realdata.lines import lines_of, summary_of, take_everything_in, write_table, wrong_in

pytestmark = [pytest.mark.realdata, pytest.mark.django_db, pytest.mark.timeout(180)]
HARD = (
    "dicom/odd",
    "dicom/transfer_syntaxes",
    "dicom/enhanced_multiframe",
    "dicom/us_single",
    "dicom/us_multiframe",
    "dicom/projection_mg_dx_cr",
    "dicom/rt",
    "dicom/seg_small_highdicom",
    "dicom/sr_annotations",
    "dicom/wsi_pm_small",
    "dicom/ct_ge_3slice_seg",
)


@pytest.fixture
def lines(settings, tmp_path, real_data):
    settings.LIMN_BLOBS = str(tmp_path / "blobs")
    settings.LIMN_CACHE = tmp_path / "cache"
    settings.LIMN_UPLOADS = tmp_path / "uploads"
    blobs.blob_store.cache_clear()
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    yield lines_of(take_everything_in(real_data, HARD), real_data)
    blobs.blob_store.cache_clear()


def test_every_hard_file_is_shown_right_or_explained(lines, tmp_path):
    print("\n".join(summary_of(lines)))
    assert len(lines) > 270
    assert [
        f"{line.name}: {line.outcome} {line.code} {line.pixels}" for line in wrong_in(lines)
    ] == []

    write_table(lines, tmp_path / "table.md")
    written = (tmp_path / "table.md").read_text()
    assert all(line.name in written for line in lines)

    codes = {line.name: line.code for line in lines}
    assert codes["dicom/odd/rtplan_truncated.dcm"] == "imaging.header_cut"
    assert codes["dicom/odd/dicomdir_fileset/DICOMDIR"] == "imaging.dicomdir_complete"

    known = {line.name: " ".join(line.grids) for line in lines}
    leaning = known["dicom/odd/series_ct_gantry_tilt/IM-0001-0001.dcm"]
    assert "The stack leans by 14.0 degrees (gantry tilt)" in leaning


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("liver_rle", "liver"),
        ("liver_deflate", "liver"),
        ("liver_nonbyte_aligned_rle", "liver_nonbyte_aligned"),
        ("liver_nonbyte_aligned_deflate", "liver_nonbyte_aligned"),
    ],
)
def test_encodings_that_pydicom_leaves_out_hold_the_same_bits(name, like, real_data):
    folder = real_data / "dicom/transfer_syntaxes/seg_liver_encodings"
    truth = pydicom.dcmread(folder / f"{like}.dcm").pixel_array
    path = folder / f"{name}.dcm"
    syntax = str(pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID)

    for number, plane in enumerate(truth, start=1):
        np.testing.assert_array_equal(decode_frame(path, syntax, number), plane)
