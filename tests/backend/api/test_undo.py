"""A delivery undone: what nobody works with goes, everything else stays and says why."""

import nibabel as nib
import numpy as np
import pytest

from backend.annotations.models import Document
from backend.audit.models import AuditEvent
from backend.core import blobs
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.imaging.models import Grid, IngestItem, IngestRun, Instance, Patient, Series, Study
from backend.imaging.services import ingest_paths
from backend.projects.models import Unit
from backend.worklists.models import Task
from backend.worklists.services import project_tasks_sync
from fixtures.phantoms import phantom
from tests.factories import add_unit, api_of, make_project
from tests.permissions.world import make_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.LIMN_BLOBS = str(tmp_path / "blobs")
    settings.LIMN_CACHE = tmp_path / "cache"
    settings.LIMN_UPLOADS = tmp_path / "uploads"
    blobs.blob_store.cache_clear()
    yield tmp_path
    blobs.blob_store.cache_clear()


def bring(user, paths):
    return ingest_paths(actor=Actor(user_id=user.pk), paths=list(paths), source="browser")


def undo(user, run):
    return api_of(user).post(f"/api/v1/ingest-runs/{run.pk}/undo")


def test_all_of_it_goes_and_the_record_says_so(bob, tmp_path):
    paths = phantom("axial", tmp_path / "in").paths
    run = bring(bob, paths)
    shas = list(Instance.objects.values_list("blob_sha256", flat=True))

    answer = undo(bob, run).json()

    assert (answer["removed_files"], answer["removed_studies"], answer["kept"]) == (12, 1, [])
    assert answer["sentence"] == "12 files were taken out again."
    assert answer["run"]["undone_at"] is not None
    counts = [model.objects.count() for model in (Patient, Study, Series, Instance, Grid)]
    assert counts == [0] * 5
    items = IngestItem.objects.filter(run=run)
    assert set(items.values_list("outcome", "code")) == {("rejected", "imaging.undone")}
    event = AuditEvent.objects.get(verb="ingest.undone")
    assert (event.actor_id, event.details["files"]) == (bob.pk, 12)
    assert all(blob_store().exists(sha256) for sha256 in shas)  # the sweeper's, after its grace

    again = bring(bob, paths)
    assert again.counts["stored"] == 12
    assert Grid.objects.get().frame_count == 12


def test_only_what_it_stored_first_goes(bob, tmp_path):
    paths = phantom("axial", tmp_path / "in").paths
    bring(bob, paths[:5])
    second = bring(bob, paths)

    answer = undo(bob, second).json()

    assert answer["removed_files"] == 7
    assert answer["removed_studies"] == 0
    study, series = Study.objects.get(), Series.objects.get()
    assert (study.instance_count, series.instance_count, series.frame_count) == (5, 5, 5)
    assert Grid.objects.get(superseded_at=None).frame_count == 5


def test_what_another_delivery_brought_too_stays(bob, charlie, tmp_path):
    paths = phantom("axial", tmp_path / "in").paths
    first = bring(bob, paths)
    bring(charlie, paths)

    answer = undo(bob, first).json()

    assert answer["removed_files"] == 0
    (kept,) = answer["kept"]
    assert (kept["code"], kept["files"]) == ("undo.sent_again", 12)
    assert Instance.objects.count() == 12


def test_labels_and_releases_keep_their_images(tmp_path):
    world = make_world(tmp_path / "in")
    run = IngestItem.objects.filter(instance__series__grids=world.ids["grid_id"]).first().run
    before = Document.objects.count()

    answer = undo(world.people["admin"], run).json()

    (kept,) = answer["kept"]
    assert kept["code"] in {"undo.released", "undo.labelled"}
    assert "files were kept, because somebody's work needs them." in answer["sentence"]
    assert Document.objects.count() == before


@pytest.mark.parametrize("is_manager", [True, False])
def test_a_project_gives_untouched_images_up_only_for_those_who_manage_it(
    is_manager, bob, charlie, tmp_path
):
    run = bring(bob, phantom("axial", tmp_path / "in").paths)
    project = make_project(owner=bob if is_manager else charlie)
    add_unit(project, Grid.objects.get())
    project_tasks_sync(project_id=project.pk)
    assert Task.objects.count() == 1

    answer = undo(bob, run).json()

    assert [each["code"] for each in answer["kept"]] == ([] if is_manager else ["undo.in_project"])
    left = [model.objects.count() for model in (Unit, Task, Document)]
    assert left == ([0, 0, 0] if is_manager else [1, 1, 1])


def test_one_that_is_still_coming_in_is_not_undone(bob):
    run = IngestRun.objects.create(actor_id=bob.pk, source="browser")

    answer = undo(bob, run)

    assert answer.status_code == 409
    assert "still being taken in" in answer.json()["detail"]


def test_what_was_converted_goes_with_its_original(bob, tmp_path):
    volume = np.random.default_rng(1).integers(-100, 900, (8, 7, 5)).astype(np.int16)
    nib.save(nib.Nifti1Image(volume, np.diag([1.0, 2, 3, 1])), tmp_path / "a.nii.gz")
    run = bring(bob, [tmp_path / "a.nii.gz"])
    assert Instance.objects.count() == 5

    answer = undo(bob, run).json()

    assert answer["removed_files"] == 5
    assert Instance.objects.count() == Study.objects.count() == 0
    assert IngestItem.objects.get(run=run).code == "imaging.undone"
