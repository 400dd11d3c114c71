"""De-identification of the real images: every file, same pixels, same references."""

from io import BytesIO

import pytest
from pydicom import dcmread

from backend.imaging.domain.deidentify.files import deidentified
from backend.imaging.domain.deidentify.policy import BASIC, RESEARCH
from backend.imaging.domain.deidentify.pseudonyms import Secret
from backend.imaging.domain.rejections import Rejected

pytestmark = pytest.mark.realdata
SECRET = Secret(b"the key for real images, of thirty bytes")
REFERENCE = 0x00081155  # Referenced SOP Instance UID, at any depth
LABELLED = (
    "ct_ge_3slice_seg", "rt/phantom_ct_rtstruct", "pet_ge_sts001_rtstruct",
    "mr_ge_signa_breast08_seg_fractional",
)  # fmt: skip
GEOMETRY = (
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope",
    "RescaleIntercept", "Rows", "Columns", "NumberOfFrames", "BitsStored",
)  # fmt: skip


def files_of(folder):
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def cleared(path, policy):
    """Return the file before and after; None where it is refused."""
    try:
        content = deidentified(path, policy, SECRET).to_bytes()
    except Rejected:
        return None
    return dcmread(path, force=True), dcmread(BytesIO(content))


def references(dataset):
    return {str(e.value) for e in dataset.iterall() if e.tag == REFERENCE and e.value}


@pytest.mark.parametrize("policy", [BASIC, RESEARCH], ids=["basic", "research"])
@pytest.mark.parametrize("name", LABELLED)
def test_labels_still_point_at_their_images(real_data, name, policy):
    pairs = [
        pair for path in files_of(real_data / "dicom" / name) if (pair := cleared(path, policy))
    ]
    there = {str(before.SOPInstanceUID) for before, _ in pairs}
    after_there = {str(after.SOPInstanceUID) for _, after in pairs}
    assert not there & after_there
    resolved = 0
    for before, after in pairs:
        if "PixelData" in before and before.Modality != "SEG":
            continue
        known = references(before) & there
        resolved += len(known)
        assert {SECRET.uid(uid) for uid in known} == references(after) & after_there
    assert resolved > 0


def test_every_file_keeps_its_pixels_and_geometry_or_is_refused(real_data):
    taken = refused = 0
    for path in files_of(real_data / "dicom" / "transfer_syntaxes") + files_of(
        real_data / "dicom" / "odd"
    ):
        pair = cleared(path, RESEARCH)
        if pair is None:
            refused += 1
            continue
        taken += 1
        before, after = pair
        given = before.get("PixelData")
        assert (after.get("PixelData") or b"").rstrip(b"\0") == (given or b"").rstrip(b"\0"), path
        for keyword in GEOMETRY:
            assert before.get(keyword) == after.get(keyword), (path, keyword)
    assert taken > 150
    assert refused < 40
