"""Interactive models: added from a file, prepared once, their features computed once."""

import pytest
from django.core.management import CommandError, call_command

from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.models import Job
from backend.inference.models import FeatureBlob, ModelVersion
from backend.inference.selectors import interactive_models
from backend.inference.services import model_add, shipped_sam_ensure, versions_settle
from tests.backend.inference.worker import FakeWorker, stored
from tests.backend.releases.world import key_of, put_phantom
from tests.factories import add_unit, api_of

pytestmark = pytest.mark.django_db
CONFIG = {
    "image_size": 256,
    "embedding_shape": [256, 16, 16],
    "preprocessing": "sam",
    "architecture": "limn_tiny",
}


def prepared(request):
    return {
        "kind": "model_prepared",
        "weights_sha256": request["checkpoint"]["sha256"],
        "decoder": stored(b"onnx decoder"),
        "config": CONFIG,
    }


def embedded(request):
    items = [{"key": key, "blob": stored(key.encode())} for key in request["keys"]]
    return {"kind": "features_ready", "items": items}


@pytest.fixture
def checkpoint(tmp_path):
    file = tmp_path / "sam.pth"
    file.write_bytes(b"weights " * 5000)
    return file


@pytest.fixture
def sam(checkpoint, worker):
    version = model_add(
        actor=Actor.system(), name="Tiny", architecture="limn_tiny", file=checkpoint
    )
    worker.work("prepare_model", prepared)
    version.refresh_from_db()
    return version


@pytest.fixture
def grid(phantoms, tmp_path):
    grid = put_phantom("axial", tmp_path / "axial")[1]
    add_unit(phantoms, grid)
    return grid


def ask(user, grid, version, *ks, **window):
    body = {"version_id": str(version.pk), "keys": [key_of(grid, k) for k in ks]}
    if window:
        body["window"] = window
    return api_of(user).post(f"/api/v1/grids/{grid.pk}/features", body)


def test_without_a_checkpoint_people_read_how_to_add_one():
    [absent] = interactive_models()
    assert (absent.version_id, absent.status) == (None, "absent")
    assert "manage.py model add" in absent.message


def test_a_checkpoint_is_stored_whole_and_prepared_once(sam, checkpoint):
    with blob_store().open(sam.weights_sha256) as file:
        assert file.read() == checkpoint.read_bytes()
    assert (sam.status, sam.config) == ("active", CONFIG)
    [ready] = interactive_models()
    assert (ready.version_id, ready.message) == (sam.pk, None)
    assert ready.decoder_url == f"/api/v1/model-versions/{sam.pk}/decoder"

    again = model_add(actor=Actor.system(), name="Tiny", architecture="limn_tiny", file=checkpoint)
    assert again == sam
    assert Job.objects.count() == 1


def test_a_checkpoint_that_does_not_load_says_why(checkpoint, worker):
    model_add(actor=Actor.system(), name="Broken", architecture="vit_b", file=checkpoint)
    job = Job.objects.get(kind="prepare_model")
    claimed = worker.claim(job).json()
    failed = {"kind": "failed", "code": "weights_missing", "detail": "This is no vit_b."}
    worker.answer(job, claimed["attempt"], failed)
    [broken] = interactive_models()
    assert (broken.status, broken.message, broken.decoder_url) == (
        "failed",
        "This is no vit_b.",
        None,
    )


def test_a_worker_that_prepared_other_weights_is_refused(checkpoint, worker):
    model_add(actor=Actor.system(), name="Tiny", architecture="limn_tiny", file=checkpoint)
    job = Job.objects.get(kind="prepare_model")
    request = worker.claim(job).json()["request"]
    wrong = prepared(request) | {"weights_sha256": "3" * 64}
    assert worker.answer(job, 1, wrong).status_code == 422
    assert ModelVersion.objects.get().status == "preparing"
    assert Job.objects.get().state == "running"


def test_the_command_adds_and_lists_and_refuses_an_absent_file(checkpoint, tmp_path, capsys):
    call_command(
        "model", "add", "--name", "MedSAM", "--arch", "vit_b", "--file", str(checkpoint),
        "--preprocessing", "medsam",
    )  # fmt: skip
    call_command("model", "list")
    assert "MedSAM 1" in capsys.readouterr().out
    with pytest.raises(CommandError, match="cannot be read"):
        call_command(
            "model", "add", "--name", "X", "--arch", "vit_b", "--file", str(tmp_path / "no")
        )


def test_the_shipped_model_is_added_once_if_it_is_there(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    assert shipped_sam_ensure() is None
    file = tmp_path / "fixtures" / "models" / "limn-tiny-sam.pt"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"tiny")
    assert shipped_sam_ensure() == shipped_sam_ensure()
    assert ModelVersion.objects.get().config["architecture"] == "limn_tiny"

    file.write_bytes(b"tiny, trained for longer")
    newer = shipped_sam_ensure()
    assert newer.number == 2
    assert list(ModelVersion.objects.exclude(status="retired")) == [newer]


@pytest.mark.parametrize("state", ["lost", "cancelled"])
def test_a_model_whose_preparation_nobody_answers_says_so_and_can_be_tried_again(
    checkpoint, worker, ada, state
):
    version = model_add(
        actor=Actor.system(), name="Tiny", architecture="limn_tiny", file=checkpoint
    )
    assert versions_settle() == 0  # its job is still open
    job = Job.objects.get(kind="prepare_model")
    Job.objects.filter(pk=job.pk).update(state=state)

    assert versions_settle() == 1
    [told] = interactive_models()
    assert (told.status, told.decoder_url) == ("failed", None)
    assert "lost or cancelled" in told.message

    api_of(ada).post(f"/api/v1/jobs/{job.pk}/retry")
    version.refresh_from_db()
    assert (version.status, version.message) == ("preparing", "")
    worker.work("prepare_model", prepared)
    version.refresh_from_db()
    assert version.status == "active"


def test_features_are_computed_once_and_then_served_for_good(grid, sam, bob, worker):
    first = ask(bob, grid, sam, 3, 4).json()
    assert first["ready"] == []
    worker.work("features", embedded)

    again = ask(bob, grid, sam, 3, 4).json()
    assert again["job"] is None
    assert [item["key"] for item in again["ready"]] == [key_of(grid, 3), key_of(grid, 4)]
    blob = api_of(bob).get(again["ready"][1]["url"])
    assert blob.getvalue() == key_of(grid, 4).encode()
    assert "immutable" in blob["Cache-Control"]
    assert FeatureBlob.objects.count() == 2


def test_what_is_under_way_is_not_asked_for_twice(grid, sam, bob):
    first = ask(bob, grid, sam, 3, 4).json()["job"]
    same = ask(bob, grid, sam, 4).json()["job"]
    more = ask(bob, grid, sam, 4, 5).json()["job"]
    other_window = ask(bob, grid, sam, 4, center=40.0, width=400.0).json()["job"]
    assert same["id"] == first["id"]
    assert len({first["id"], more["id"], other_window["id"]}) == 3
    assert Job.objects.get(pk=more["id"]).request["keys"] == [key_of(grid, 5)]


def test_features_of_a_foreign_image_look_absent(grid, sam, bob, charlie, worker, tmp_path):
    assert ask(charlie, grid, sam, 3).status_code == 404
    ask(bob, grid, sam, 3)
    worker.work("features", embedded)
    url = ask(bob, grid, sam, 3).json()["ready"][0]["url"]
    assert api_of(charlie).get(url).status_code == 404
    body = {"version_id": str(sam.pk), "keys": ["999999.1"]}
    assert api_of(bob).post(f"/api/v1/grids/{grid.pk}/features", body).status_code == 404


def test_the_decoder_is_kept_by_browsers(sam, bob):
    address = f"/api/v1/model-versions/{sam.pk}/decoder"
    first = api_of(bob).get(address)
    assert first.getvalue() == b"onnx decoder"
    assert api_of(bob).get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_shared_model_is_retired_by_administrators_only(sam, dora, ada):
    address = f"/api/v1/model-versions/{sam.pk}/retire"
    assert api_of(dora).post(address).status_code == 403
    assert api_of(ada).post(address).json()["status"] == "retired"
    assert interactive_models()[0].status == "absent"


def test_jobs_are_seen_by_their_project_and_their_maker(grid, sam, bob, dora, charlie, ada):
    job = ask(bob, grid, sam, 3).json()["job"]
    listed = {
        person.name: [row["id"] for row in api_of(person).get("/api/v1/jobs").json()["results"]]
        for person in (bob, dora, charlie, ada)
    }
    assert listed["Bob"] == [job["id"]]
    assert listed["Dora"] == listed["Charlie"] == []
    assert job["id"] in listed["Ada"]
    assert api_of(charlie).get(f"/api/v1/jobs/{job['id']}").status_code == 404
    assert api_of(charlie).post(f"/api/v1/jobs/{job['id']}/cancel").status_code == 404
    assert api_of(bob).post(f"/api/v1/jobs/{job['id']}/cancel").json()["state"] == "cancelled"
    assert api_of(bob).post(f"/api/v1/jobs/{job['id']}/retry").json()["state"] == "queued"
    assert FakeWorker().claim(Job.objects.get(pk=job["id"])).status_code == 200
