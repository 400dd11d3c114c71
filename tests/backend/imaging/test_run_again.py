"""A delivery read again as a file, and tried again where the fault lay outside of its files."""

import csv
import io
import json
import zipfile

import pytest

from backend.core import blobs
from backend.core.actor import Actor
from backend.core.drafts import StorageFull
from backend.core.models import Job
from backend.core.services import job_run
from backend.imaging.models import Grid, IngestItem, IngestRun, Instance, Upload
from backend.imaging.services.audiences import audience_add_own
from backend.imaging.services.deid import policy_named
from backend.imaging.services.retry import run_retry_job
from tests.backend.imaging.test_uploads import announce, piece

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet_bells(monkeypatch):
    """Keep doorbells away from the broker, the process edge."""
    monkeypatch.setattr("backend.core.services.ring", lambda *_, **__: True)


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


@pytest.fixture
def disk(monkeypatch):
    """A disk that is full while `disk.is_full`."""

    class Disk:
        is_full = False

    keep = blobs.FileBlobStore._keep

    def kept(store, draft, folders):
        if Disk.is_full:
            draft.discard()
            return StorageFull("The storage could not take the file; nothing was stored.")
        return keep(store, draft, folders)

    monkeypatch.setattr(blobs.FileBlobStore, "_keep", kept)
    return Disk


def archive_of(paths, target):
    with zipfile.ZipFile(target, "w") as archive:
        for path in paths:
            archive.write(path, path.name)
    return target.read_bytes()


def send(client, name, content, policy=None):
    body = {"label": "x", "policy": policy}
    run = client.post("/api/v1/ingest-runs", body, content_type="application/json").json()
    _, place = announce(client, run["id"], name, len(content))
    answer = piece(client, place, 0, content)
    assert answer.status_code == 200, answer.content
    return run["id"]


def finish(client, run_id):
    return client.post(f"/api/v1/ingest-runs/{run_id}/finish").json()


def retry(client, run_id):
    return client.post(f"/api/v1/ingest-runs/{run_id}/retry")


def run_jobs(kind="imaging.retry_run"):
    for job in Job.objects.filter(kind=kind, state__in=["queued", "sent"]):
        job_run(job_id=job.pk, handler=run_retry_job)


def body_of(answer):
    return b"".join(answer.streaming_content).decode()


def test_the_record_comes_as_a_table_and_as_json(as_bob, make_phantom, tmp_path):
    paths = [*make_phantom("axial").paths[:2], tmp_path / "=1+1.txt"]
    paths[-1].write_text("no image")
    run_id = send(as_bob, "study.zip", archive_of(paths, tmp_path / "study.zip"))

    table = as_bob.get(f"/api/v1/ingest-runs/{run_id}/download?format=csv")
    document = as_bob.get(f"/api/v1/ingest-runs/{run_id}/download?format=json")

    rows = list(csv.DictReader(io.StringIO(body_of(table))))
    assert table.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in table.headers["Content-Disposition"]
    assert sorted(row["outcome"] for row in rows) == ["rejected", "stored", "stored"]
    stored = next(row for row in rows if row["outcome"] == "stored")
    instance = Instance.objects.get(sop_uid=stored["instance_uid"])
    assert stored["study_uid"] == instance.series.study.uid
    assert stored["sha256"] == instance.blob_sha256
    found = json.loads(body_of(document))
    assert found["run"]["id"] == run_id
    assert [item["name"] for item in found["items"]] == [row["name"] for row in rows]


def test_a_name_that_a_table_program_would_compute_is_made_harmless(as_bob):
    run_id = send(as_bob, "=1+1.txt", b"no image")

    text = body_of(as_bob.get(f"/api/v1/ingest-runs/{run_id}/download?format=csv"))

    assert "\n'=1+1.txt," in text.replace("\r", "")


def test_there_is_no_third_form(as_bob):
    run_id = send(as_bob, "a.txt", b"no image")

    answer = as_bob.get(f"/api/v1/ingest-runs/{run_id}/download?format=xlsx")

    assert answer.status_code == 422


@pytest.mark.parametrize("policy", [None, "basic"])
def test_what_found_no_room_is_tried_again(policy, as_bob, bob, make_phantom, tmp_path, disk):
    if policy:
        policy_named(policy)
    content = archive_of(make_phantom("oblique").paths, tmp_path / "study.zip")
    disk.is_full = True
    run_id = send(as_bob, "study.zip", content, policy)
    told = finish(as_bob, run_id)
    assert (told["counts"]["rejected"], told["can_retry"]) == (12, True)
    assert Instance.objects.count() == 0

    disk.is_full = False
    answer = retry(as_bob, run_id).json()
    assert (answer["retried"], answer["gone"]) == (12, 0)
    assert answer["sentence"] == "12 files are tried again."
    assert answer["run"]["state"] == "retrying"
    run_jobs()

    after = as_bob.get(f"/api/v1/ingest-runs/{run_id}").json()
    assert (after["state"], after["counts"]["stored"], after["counts"]["rejected"]) == (
        "finished",
        12,
        0,
    )
    assert not after["can_retry"]
    assert Grid.objects.get().frame_count == 12
    assert list((tmp_path / "uploads").glob("*.part")) == []
    assert (Upload.objects.get().name == "study.zip") is (policy is None)


def test_only_what_failed_is_taken_in_again(as_bob, make_phantom, tmp_path, disk, monkeypatch):
    """The disk fills up in the middle of an archive."""
    content = archive_of(make_phantom("oblique").paths, tmp_path / "study.zip")
    room = iter([True] * 5 + [False] * 7)
    keep = blobs.FileBlobStore._keep

    def kept(store, draft, folders):
        disk.is_full = not next(room, True)
        return keep(store, draft, folders)

    monkeypatch.setattr(blobs.FileBlobStore, "_keep", kept)
    run_id = send(as_bob, "study.zip", content)
    assert finish(as_bob, run_id)["counts"]["stored"] == 5

    assert retry(as_bob, run_id).json()["retried"] == 7
    run_jobs()

    counts = as_bob.get(f"/api/v1/ingest-runs/{run_id}").json()["counts"]
    assert {word: count for word, count in counts.items() if count} == {"stored": 12}


def test_bytes_that_are_in_the_store_are_enough(
    as_bob, bob, charlie, make_phantom, take_in, tmp_path
):
    """A study of somebody else's, to which the sender is let in afterwards."""
    paths = make_phantom("axial").paths
    take_in(paths[0], actor=Actor(user_id=charlie.pk))
    run_id = send(as_bob, "second.dcm", paths[1].read_bytes())
    assert finish(as_bob, run_id)["counts"]["rejected"] == 1
    for part in (tmp_path / "uploads").glob("*.part"):
        part.unlink()
    audience_add_own(user_id=bob.pk, study_ids=[Instance.objects.get().series.study_id])

    assert retry(as_bob, run_id).json()["retried"] == 1
    run_jobs()

    assert IngestItem.objects.get(run_id=run_id).outcome == "stored"
    assert Instance.objects.count() == 2


def test_what_is_no_longer_here_must_be_sent_again(as_bob, make_phantom, tmp_path, disk):
    disk.is_full = True
    run_id = send(as_bob, "a.dcm", make_phantom("axial").paths[0].read_bytes())
    finish(as_bob, run_id)
    for part in (tmp_path / "uploads").glob("*.part"):
        part.unlink()

    answer = retry(as_bob, run_id).json()

    assert (answer["retried"], answer["gone"]) == (0, 1)
    assert answer["sentence"] == "One is no longer here; send it again."
    assert answer["run"]["state"] == "finished"


def test_a_fault_in_the_file_is_not_tried_again(as_bob):
    run_id = send(as_bob, "a.txt", b"no image")

    assert retry(as_bob, run_id).status_code == 409
    assert finish(as_bob, run_id)["can_retry"] is False
    assert "Nothing in this delivery" in retry(as_bob, run_id).json()["detail"]
    assert IngestRun.objects.get(pk=run_id).state == "finished"
