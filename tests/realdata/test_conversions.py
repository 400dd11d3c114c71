"""Real volumes and pictures through the whole way in: grids, patients, labels, and no file lost."""

import csv

import nibabel as nib
import numpy as np
import pytest

from backend.core import blobs
from backend.core.actor import Actor
from backend.imaging.models import Grid, IngestItem, Instance, SourceFile
from backend.imaging.services import ingest_paths
from tests.backend.imaging.converted import RAS_TO_LPS

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
]


@pytest.fixture
def take_in_real(settings, tmp_path, real_data):
    """Take a folder of the real data into a store of its own; return what became of each file."""
    settings.LIMN_BLOBS = str(tmp_path / "blobs")
    settings.LIMN_CACHE = tmp_path / "cache"
    settings.LIMN_UPLOADS = tmp_path / "uploads"
    blobs.blob_store.cache_clear()

    def take(folder):
        run = ingest_paths(actor=Actor.system(), paths=[real_data / folder])
        return {item.name: item for item in IngestItem.objects.filter(run=run)}

    yield take
    blobs.blob_store.cache_clear()


def test_a_body_and_its_labels(take_in_real, real_data):
    found = take_in_real("volumes/ct_totalsegmentator_3mm")

    assert {name: item.outcome for name, item in found.items()} == {
        "example_ct.nii.gz": "converted",
        "example_ct_sm.nii.gz": "converted",
        "example_ct_spine_labels.nii.gz": "kept",
        "example_seg.nii.gz": "kept",
    }
    truth = nib.load(real_data / "volumes/ct_totalsegmentator_3mm/example_ct.nii.gz")
    lps = RAS_TO_LPS @ truth.affine
    series = found["example_ct.nii.gz"].instance.series
    grid = Grid.objects.get(series=series)
    assert grid.is_regular
    assert (grid.columns, grid.rows, grid.frame_count) == truth.shape
    placed = np.array([position for _, _, position in grid.frames])
    k = np.arange(truth.shape[2])[:, None]
    wanted = lps[:3, 3] + k * lps[:3, 2]
    normal = np.cross(lps[:3, 0], lps[:3, 1])
    wanted = wanted[np.argsort(wanted @ normal)]
    assert np.abs(placed - wanted).max() < 1e-4


def test_a_table_of_classes_is_kept_with_its_pictures(take_in_real, real_data):
    found = take_in_real("sets2d/busi_breast_us_classes")

    assert {item.outcome for item in found.values()} == {"converted", "kept"}
    assert found["labels.csv"].code == "imaging.side_used"
    with (real_data / "sets2d/busi_breast_us_classes/labels.csv").open() as file:
        truth = {row["file"]: row["class"] for row in csv.DictReader(file)}
    kept = {
        source.name: source.labels.get("class")
        for source in SourceFile.objects.filter(role="image")
    }
    assert kept == truth
    assert Instance.objects.count() == len(truth) == 180


def test_every_file_of_a_set_has_a_word(take_in_real):
    found = take_in_real("sets2d/bccd_blood_boxes")

    assert len(found) == 120
    assert all(item.reason.endswith((".", "…")) for item in found.values())
    assert {item.code for name, item in found.items() if name.endswith(".xml")} == {
        "imaging.not_dicom"
    }
