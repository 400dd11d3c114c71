"""Real segmentations, structure sets and reports find the images they were drawn on."""

import pydicom
import pytest

from backend.core import blobs
from backend.core.actor import Actor
from backend.imaging.models import Series, Study
from backend.imaging.selectors.studies import study_detail
from backend.imaging.services import ingest_paths

pytestmark = [pytest.mark.realdata, pytest.mark.django_db, pytest.mark.timeout(300)]


@pytest.fixture
def links(settings, tmp_path, real_data):
    """Take folders in; return (modality, kind, how, modality of the images) of each link."""
    settings.LIMN_BLOBS = str(tmp_path / "blobs")
    settings.LIMN_CACHE = tmp_path / "cache"
    blobs.blob_store.cache_clear()

    def take(*folders):
        ingest_paths(actor=Actor.system(), paths=[real_data / "dicom" / each for each in folders])
        names = {each.pk: (each.modality, each.instance_count) for each in Series.objects.all()}
        return {
            (series.modality, link.kind, link.how, names.get(link.series_id))
            for study in Study.objects.all()
            for series in study_detail(actor=Actor.system(), study_id=study.pk).series
            for link in series.references
        }

    yield take
    blobs.blob_store.cache_clear()


def test_structure_sets_whose_images_were_renamed_are_found_by_place(links):
    folder = "sts002_crop_ct_mr_pet_rtstruct"

    found = links(*(f"{folder}/{name}" for name in ("CT", "MR_T1", "PET")))

    assert {link for link in found if link[0] == "RTSTRUCT"} == {
        ("RTSTRUCT", "structure set", "place", ("CT", 48)),
        ("RTSTRUCT", "structure set", "place", ("MR", 35)),
        ("RTSTRUCT", "structure set", "place", ("PT", 48)),
    }


def test_each_renamed_structure_set_is_drawn_on_its_own_images(links, real_data):
    """Three structure sets share a frame of reference; their slices tell them apart."""
    folder = "sts002_crop_ct_mr_pet_rtstruct"
    links(*(f"{folder}/{name}" for name in ("CT", "MR_T1", "PET")))
    wanted = {"CT": "CT", "MR_T1": "MR", "PET": "PT"}
    details = [
        study_detail(actor=Actor.system(), study_id=study.pk) for study in Study.objects.all()
    ]

    modalities = dict(Series.objects.values_list("pk", "modality"))
    drawn = {
        series.uid: modalities[link.series_id]
        for detail in details
        for series in detail.series
        for link in series.references
    }
    for name, modality in wanted.items():
        structures = pydicom.dcmread(real_data / "dicom" / folder / name / "RS.dcm")
        assert drawn[structures.SeriesInstanceUID] == modality


def test_segmentations_and_structure_sets_with_living_identifiers(links):
    found = links(
        "mr_ge_signa_breast08_seg_fractional",
        "rt/phantom_ct_rtstruct",
        "ct_ge_3slice_seg/series",
        "ct_ge_3slice_seg/liver.dcm",
    )

    assert found == {
        ("SEG", "segmentation", "identifier", ("MR", 86)),
        ("RTSTRUCT", "structure set", "identifier", ("CT", 2)),
        ("SEG", "segmentation", "identifier", ("CT", 3)),
    }


def test_reports_whose_images_are_absent_say_so(links):
    found = links("sr_annotations/tid1500_qinhn")

    assert ("SR", "report", "not_here", None) in found
    assert {kind for _, kind, _, _ in found} >= {"report", "segmentation", "real world values"}
