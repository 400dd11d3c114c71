"""What speaks about images is linked to them: by identifier, and by place where those are gone."""

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from backend.core.actor import Actor
from backend.imaging.models import ObjectReference, Series, Study
from backend.imaging.selectors.studies import study_detail
from fixtures.uids import uid_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db

STRUCTURES = "1.2.840.10008.5.1.4.1.1.481.3"
REPORT = "1.2.840.10008.5.1.4.1.1.88.33"
IMAGE = "1.2.840.10008.5.1.4.1.1.2"


def shell(like, sop_class, modality, name):
    """Return an object of the same study as an image."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid_of(name)
    dataset.StudyInstanceUID, dataset.PatientID = like.StudyInstanceUID, like.PatientID
    dataset.PatientName, dataset.PatientBirthDate = like.PatientName, like.PatientBirthDate
    dataset.SeriesInstanceUID, dataset.Modality = uid_of(name, "series"), modality
    dataset.SeriesNumber, dataset.SeriesDescription = 9, name
    return dataset


def item(**values):
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def structure_set(image, positions, *, series_uid, sop_uids, name="structures"):
    """Return a structure set with a small square on each position's slice."""
    dataset = shell(image, STRUCTURES, "RTSTRUCT", name)
    images = [item(ReferencedSOPClassUID=IMAGE, ReferencedSOPInstanceUID=uid) for uid in sop_uids]
    series = item(SeriesInstanceUID=series_uid, ContourImageSequence=images)
    study = item(
        ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1",
        ReferencedSOPInstanceUID=image.StudyInstanceUID,
        RTReferencedSeriesSequence=[series],
    )
    frame = image.FrameOfReferenceUID
    dataset.ReferencedFrameOfReferenceSequence = [
        item(FrameOfReferenceUID=frame, RTReferencedStudySequence=[study])
    ]
    row, column = image.ImageOrientationPatient[:3], image.ImageOrientationPatient[3:]
    contours = []
    for corner in positions:
        points = [
            float(c) + i * float(r) + j * float(d)
            for i, j in ((5, 5), (12, 5), (12, 14), (5, 14))
            for c, r, d in zip(corner, row, column, strict=True)
        ]
        contours.append(
            item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=4, ContourData=points)
        )
    dataset.ROIContourSequence = [item(ReferencedROINumber=1, ContourSequence=contours)]
    return dataset


def report(image, name="report"):
    dataset = shell(image, REPORT, "SR", name)
    named = item(ReferencedSOPClassUID=IMAGE, ReferencedSOPInstanceUID=image.SOPInstanceUID)
    series = item(SeriesInstanceUID=image.SeriesInstanceUID, ReferencedSOPSequence=[named])
    dataset.CurrentRequestedProcedureEvidenceSequence = [
        item(StudyInstanceUID=image.StudyInstanceUID, ReferencedSeriesSequence=[series])
    ]
    return dataset


def save(dataset, tmp_path):
    path = tmp_path / f"{dataset.SeriesDescription}.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def said(*, actor=None):
    """Return the sentences of each series, by its description."""
    detail = study_detail(actor=actor or Actor.system(), study_id=Study.objects.get().pk)
    return {
        each.description: (
            [link.sentence for link in each.references],
            [link.sentence for link in each.referenced_by],
        )
        for each in detail.series
    }


def test_a_report_is_linked_by_identifier_whichever_comes_first(make_phantom, take_in, tmp_path):
    written = make_phantom("axial")
    take_in(save(report(pydicom.dcmread(written.paths[0])), tmp_path))
    assert said()["report"][0] == ["Report of images that are not here."]

    take_in(*written.paths)

    assert said() == {
        "axial": ([], ["Report of this: series 9 (report)."]),
        "report": (["Report of series 1 (axial)."], []),
    }


def test_structures_without_living_identifiers_are_found_by_place(make_phantom, take_in, tmp_path):
    written = make_phantom("oblique")
    take_in(*written.paths)
    image = pydicom.dcmread(written.paths[0])
    lost = structure_set(
        image, written.positions_mm_lps[3:7], series_uid="1.2.3.4", sop_uids=["1.2.3.4.5"]
    )
    take_in(save(lost, tmp_path))

    assert said()["structures"][0] == [
        "Structure set of series 1 (oblique), found by its frame of reference and position."
    ]
    assert Series.objects.count() == 2


def test_structures_elsewhere_in_the_frame_of_reference_are_not_claimed(
    make_phantom, take_in, tmp_path
):
    written = make_phantom("axial")
    take_in(*written.paths)
    image = pydicom.dcmread(written.paths[0])
    far = [position + np.array([0.0, 500.0, 0.0]) for position in written.positions_mm_lps[3:7]]
    take_in(save(structure_set(image, far, series_uid="1.2.3.4", sop_uids=[]), tmp_path))

    assert said()["structures"][0] == ["Structure set of images that are not here."]


def test_instances_speak_where_the_series_is_wrong(make_phantom, take_in, tmp_path):
    written = make_phantom("axial")
    take_in(*written.paths)
    image = pydicom.dcmread(written.paths[0])
    known = structure_set(
        image, written.positions_mm_lps[:2], series_uid="1.2.3.4", sop_uids=[image.SOPInstanceUID]
    )
    take_in(save(known, tmp_path))

    assert said()["structures"][0] == ["Structure set of series 1 (axial)."]
    reference = ObjectReference.objects.get()
    assert reference.sop_uids == [image.SOPInstanceUID]  # the study it names is no instance


def test_nobody_learns_of_series_they_may_not_see(make_phantom, take_in, tmp_path):
    written = make_phantom("axial")
    take_in(*written.paths)
    image = pydicom.dcmread(written.paths[0])
    user = Actor(user_id=make_user("Charlie").pk)
    other = report(image)
    other.StudyInstanceUID = uid_of("another study")
    take_in(save(other, tmp_path), actor=user)

    study = Study.objects.get(uid=uid_of("another study"))
    detail = study_detail(actor=user, study_id=study.pk)

    (link,) = detail.series[0].references
    assert (link.how, link.series_id) == ("not_here", None)
