"""The engine: what goes, what stays, what still fits together afterwards."""

import copy
from io import BytesIO

import numpy as np
import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from backend.imaging.domain.deidentify.files import deidentified, written
from backend.imaging.domain.deidentify.policy import (
    BASIC,
    KEEP,
    PRESETS,
    RESEARCH,
    Policy,
    PolicyInvalid,
)
from backend.imaging.domain.deidentify.pseudonyms import Secret
from backend.imaging.domain.deidentify.report import Report
from backend.imaging.domain.deidentify.standard import Option
from backend.imaging.domain.rejections import Rejected

CT = "1.2.840.10008.5.1.4.1.1.2"
SECRET = Secret(b"a key for the tests, thirty-two bytes")
PIXELS = np.arange(64, dtype="<u2").tobytes()


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _fill_corners(dataset):
    request = Dataset()
    request.RequestedProcedureDescription, request.ScheduledProcedureStepID = "Quandt", "77"
    dataset.RequestAttributesSequence = [request]
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", 1000)
    block.add_new(0x0F, "SH", "Quandt")
    dataset.private_block(0x0029, "ACME SECRETS", create=True).add_new(1, "LO", "Wilhelmine")
    dataset.add(DataElement(0x60000010, "US", 8))
    dataset.add(DataElement(0x60003000, "OW", b"\0" * 8))


@pytest.fixture
def slice_():
    """Return a CT slice of somebody, with names in many corners."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = CT, "1.2.3.4.1"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3.4", "1.2.3.4.0"
    dataset.FrameOfReferenceUID = "1.2.3.9"
    dataset.PatientName, dataset.PatientID = "Quandt^Wilhelmine", "ZX-778-12"
    dataset.PatientBirthDate, dataset.PatientSex, dataset.PatientAge = "19500312", "F", "071Y"
    dataset.StudyDate, dataset.StudyTime = "20210704", "101112"
    dataset.AcquisitionDateTime = "20210704101112.5+0200"
    dataset.Modality, dataset.Manufacturer = "CT", "Acme"
    dataset.StudyDescription = "CT CHEST Quandt follow up"
    dataset.SeriesDescription = "Lung 1.0 B70f for Dr Quandt"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.FilterType = "QUANDT_W.dcm"
    dataset.ImagePositionPatient, dataset.RescaleSlope = [0, 1, -778.12], 1
    dataset.Rows = dataset.Columns = 8
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CT, "1.2.3.4.2"
    reference.PurposeOfReferenceCodeSequence = [code("121311", "DCM", "Localizer")]
    derivation = Dataset()
    derivation.SourceImageSequence = [reference]
    dataset.DerivationImageSequence = [derivation]
    _fill_corners(dataset)
    dataset.PixelData = PIXELS
    return dataset


def file_of(dataset, syntax=ExplicitVRLittleEndian):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    meta.SourceApplicationEntityTitle = "WILHELMINE"
    file = FileDataset("", copy.deepcopy(dataset), file_meta=meta, preamble=b"QUANDT" + b"\0" * 122)
    target = BytesIO()
    dcmwrite(target, file, enforce_file_format=True)
    return target.getvalue()


def run(dataset, policy=BASIC, secret=SECRET, syntax=ExplicitVRLittleEndian):
    result = deidentified(file_of(dataset, syntax), policy, secret)
    return dcmread(BytesIO(result.to_bytes())), result


@pytest.mark.parametrize("policy", [BASIC, RESEARCH])
@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_no_word_of_the_patient_is_left_anywhere(slice_, policy, syntax):
    result = deidentified(file_of(slice_, syntax), policy, SECRET).to_bytes()
    low = result.lower()
    for word in (b"quandt", b"wilhelmine", b"zx-778", b"19500312", b"1.2.3.4", b"20210704"):
        assert word not in low, word


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_pixels_and_geometry_stay_bit_for_bit(slice_, syntax):
    dataset, _ = run(slice_, RESEARCH, syntax=syntax)
    assert dataset.PixelData == PIXELS
    assert dataset.ImagePositionPatient == [0, 1, -778.12]
    assert dataset.ImageType == ["ORIGINAL", "PRIMARY", "AXIAL"]
    assert dataset.file_meta.TransferSyntaxUID == syntax


def test_encapsulated_pixels_stay_bit_for_bit(slice_):
    slice_.PixelData = encapsulate([b"\xff\x4f\xff\x51" + b"\x01" * 40])
    slice_["PixelData"].is_undefined_length = True
    dataset, _ = run(slice_, syntax="1.2.840.10008.1.2.4.90")
    assert dataset.PixelData == slice_.PixelData


def test_the_same_patient_gets_the_same_stand_in_and_another_key_another(slice_):
    first, _ = run(slice_)
    later = copy.deepcopy(slice_)
    later.StudyInstanceUID, later.PatientName, later.PatientID = "1.2.9", "Q^W", " zx-778-12"
    second, _ = run(later)
    assert first.PatientID == second.PatientID == str(first.PatientName)
    assert first.PatientID.startswith("LIMN-")
    other, _ = run(slice_, secret=Secret(b"another key, of quite some length"))
    assert other.PatientID != first.PatientID
    assert other.StudyInstanceUID != first.StudyInstanceUID


def test_the_same_file_twice_gives_the_same_bytes(slice_):
    assert run(slice_, RESEARCH)[1].to_bytes() == run(slice_, RESEARCH)[1].to_bytes()


def test_references_still_point_at_their_images(slice_):
    image = copy.deepcopy(slice_)
    image.SOPInstanceUID = "1.2.3.4.2"
    target, _ = run(image)
    dataset, _ = run(slice_)
    reference = dataset.DerivationImageSequence[0].SourceImageSequence[0]
    assert reference.ReferencedSOPInstanceUID == target.SOPInstanceUID
    assert reference.ReferencedSOPClassUID == CT
    assert target.SOPInstanceUID.startswith("2.25.")
    assert len(target.SOPInstanceUID) <= 64
    assert dataset.FrameOfReferenceUID == target.FrameOfReferenceUID
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID


def test_dates_move_together_by_a_shift_of_the_patients_own(slice_):
    dataset, _ = run(slice_, RESEARCH)
    again = copy.deepcopy(slice_)
    again.StudyDate = "20210711"
    week, _ = run(again, RESEARCH)
    assert dataset.StudyDate != "20210704"
    assert (np.datetime64(_iso(week.StudyDate)) - np.datetime64(_iso(dataset.StudyDate))) == 7
    assert dataset.StudyTime == "101112"
    assert dataset.AcquisitionDateTime[:8] == dataset.StudyDate
    assert dataset.AcquisitionDateTime[8:] == "101112.5+0200"
    assert dataset.LongitudinalTemporalInformationModified == "MODIFIED"
    assert dataset.PatientAge == "071Y"
    assert dataset.PatientBirthDate == ""


def _iso(date):
    return f"{date[:4]}-{date[4:6]}-{date[6:]}"


def test_descriptions_keep_words_of_imaging_only(slice_):
    dataset, result = run(slice_, RESEARCH)
    assert dataset.StudyDescription == "CT CHEST follow up"
    assert dataset.SeriesDescription == "Lung 1.0 B70f for"
    basic, _ = run(slice_, BASIC)
    assert "StudyDescription" not in basic
    assert result.report.counts["cleaned", "StudyDescription"] == 1


def test_private_attributes_go_unless_the_standard_calls_them_safe(slice_):
    basic, _ = run(slice_, BASIC)
    assert not [element for element in basic if element.tag.is_private]
    research, _ = run(slice_, RESEARCH)
    block = research.private_block(0x0019, "SIEMENS MR HEADER")
    assert block[0x0C].value == 1000
    assert 0x0F not in block
    assert (0x0029, 0x0010) not in research


def test_overlays_go_and_other_attributes_of_the_group_do_no_harm(slice_):
    dataset, _ = run(slice_, RESEARCH)
    assert 0x60003000 not in dataset


def test_the_object_says_what_was_done_to_it(slice_):
    dataset, result = run(slice_, RESEARCH)
    assert dataset.PatientIdentityRemoved == "YES"
    values = {item.CodeValue for item in dataset.DeidentificationMethodCodeSequence}
    assert values == {"113100", "113103", "113104", "113105", "113107", "113108", "113111"}
    assert result.report.policy == "research-shifted v1"
    assert "SourceApplicationEntityTitle" not in dataset.file_meta
    assert dataset.preamble == b"\0" * 128


def test_the_report_counts_and_tells_no_value(slice_):
    total = Report()
    for _ in range(2):
        total.add(run(slice_, BASIC)[1].report)
    document = total.document()
    assert document["files"] == 2
    assert document["done"]["emptied"]["StudyDate"] == 2
    assert document["done"]["removed"]["Private"] == 6
    assert document["digest"] == BASIC.digest
    assert "quandt" not in str(document).casefold()


def test_structured_content_keeps_its_shape_and_loses_its_people(slice_):
    item = Dataset()
    item.ValueType, item.RelationshipType = "PNAME", "HAS OBS CONTEXT"
    item.ConceptNameCodeSequence = [code("121008", "DCM", "Person Observer Name")]
    item.PersonName = "Doctor^Strangelove"
    text = Dataset()
    text.ValueType, text.TextValue = "TEXT", "Nodule of Mrs Quandt, right lung, seen 04.07.2021"
    image = Dataset()
    image.ValueType = "IMAGE"
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CT, "1.2.3.4.2"
    image.ReferencedSOPSequence = [reference]
    del slice_.PixelData
    slice_.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
    slice_.ContentSequence = [item, text, image]
    dataset, _ = run(slice_, RESEARCH)
    assert dataset.ContentSequence[0].PersonName == "REMOVED"
    assert dataset.ContentSequence[1].TextValue == "Nodule of , right lung"
    found = dataset.ContentSequence[2].ReferencedSOPSequence[0]
    assert found.ReferencedSOPInstanceUID == SECRET.uid("1.2.3.4.2")
    basic, _ = run(slice_, BASIC)
    assert [each.TextValue for each in basic.ContentSequence] == ["REMOVED"]


def test_names_in_other_scripts_are_found_where_they_were_not_expected(slice_):
    slice_.SpecificCharacterSet = "ISO_IR 192"
    slice_.PatientName = "Yamada^Tarou=山田^太郎"
    slice_.FilterType = "山田の肺"
    dataset, _ = run(slice_, BASIC)
    assert dataset.FilterType == "REMOVED"


def test_unknown_attributes_and_unlisted_names_go(slice_):
    slice_.add(DataElement(0x00090100, "LO", "orphan"))
    slice_.add(DataElement(0x0040FFF0, "UN", b"nobody knows"))
    dataset, _ = run(slice_, RESEARCH)
    assert 0x0040FFF0 not in dataset
    assert 0x00090100 not in dataset


def test_a_patient_without_an_id_is_known_by_name_and_birth_date(slice_):
    slice_.PatientID = ""
    first, _ = run(slice_)
    slice_.StudyInstanceUID = "1.2.77"
    assert run(slice_)[0].PatientID == first.PatientID
    slice_.PatientBirthDate = "19600101"
    assert run(slice_)[0].PatientID != first.PatientID


def test_retained_uids_and_full_dates_are_retained(slice_):
    policy = Policy("kept", "Kept", options=frozenset({Option.UIDS, Option.FULL_DATES}))
    dataset, _ = run(slice_, policy)
    assert dataset.SOPInstanceUID == "1.2.3.4.1"
    assert dataset.StudyDate == "20210704"
    assert dataset.LongitudinalTemporalInformationModified == "UNMODIFIED"


def test_what_comes_in_de_identified_is_left_alone(slice_):
    given = file_of(slice_)
    result = deidentified(given, KEEP, SECRET)
    assert dcmread(BytesIO(written(result.dataset))).PatientName == "Quandt^Wilhelmine"
    assert result.report.counts == {}


def test_a_damaged_file_is_refused_and_names_nobody():
    with pytest.raises(Rejected) as refusal:
        deidentified(b"", BASIC, SECRET)
    assert refusal.value.code == "imaging.unreadable"


@pytest.mark.parametrize("policy", PRESETS.values(), ids=PRESETS)
def test_policies_survive_their_document(policy):
    assert Policy.from_document(policy.document()) == policy
    assert policy.renewed(title="Other").version == 2
    assert policy.renewed(title="Other").digest != policy.digest


@pytest.mark.parametrize(
    "document",
    [
        {"name": "x"},
        {"name": "x", "title": "X", "options": ["fly"]},
        {"name": "x", "title": "X", "options": ["full_dates", "modified_dates"]},
        {"name": "x", "title": "X", "shift_days": [5, -5]},
        {"name": "x", "title": "X", "shift_days": [0, 0]},
        {"name": "x", "title": "X", "pixels": {"check": "perhaps"}},
        {"name": "x", "title": "X", "edition": "1998"},
        {"name": "x", "title": "X", "colour": "red"},
    ],
)
def test_nonsense_is_no_policy(document):
    with pytest.raises(PolicyInvalid):
        Policy.from_document(document)


def test_a_secret_shows_itself_to_nobody():
    assert "bytes" not in repr(SECRET)
    with pytest.raises(ValueError, match="16 bytes"):
        Secret(b"short")


def test_a_shift_is_never_zero():
    days = {SECRET.days(f"patient {n}", (-2, 2)) for n in range(200)}
    assert days == {-2, -1, 1, 2}
