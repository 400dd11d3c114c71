"""Uploads: piece by piece, durable, told of, and one's own."""

import zipfile

import pytest
from django.db import transaction

from backend.core.actor import Actor
from backend.core.models import Job
from backend.core.services import job_run
from backend.imaging.models import Grid, Instance, Series, Upload
from backend.imaging.services import uploads
from backend.imaging.services.uploads import upload_ingest_job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet_bells(monkeypatch):
    """Keep doorbells away from the broker, the process edge."""
    monkeypatch.setattr("backend.core.services.ring", lambda *_, **__: True)


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def begin(client, name, size):
    run = client.post("/api/v1/ingest-runs", {"label": "x"}, content_type="application/json")
    return announce(client, run.json()["id"], name, size)


def announce(client, run_id, name, size):
    body = {"run_id": run_id, "name": name, "size": size}
    answer = client.post("/api/v1/uploads", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return run_id, f"/api/v1/uploads/{answer.json()['id']}"


def piece(client, place, offset, content):
    return client.generic(
        "PATCH",
        place,
        content,
        content_type="application/offset+octet-stream",
        headers={"Upload-Offset": str(offset)},
    )


def test_a_file_in_three_pieces_is_taken_in_with_the_last(as_bob, make_phantom):
    content = make_phantom("axial").paths[0].read_bytes()
    run_id, place = begin(as_bob, "IM1.dcm", len(content))

    first = piece(as_bob, place, 0, content[:1000])
    second = piece(as_bob, place, 1000, content[1000:4000])
    last = piece(as_bob, place, 4000, content[4000:])

    assert [answer.json()["offset"] for answer in (first, second)] == [1000, 4000]
    (item,) = last.json()["outcome"]
    assert (item["name"], item["outcome"]) == ("IM1.dcm", "stored")
    assert item["instance_uid"] == Instance.objects.get().sop_uid
    finished = as_bob.post(f"/api/v1/ingest-runs/{run_id}/finish").json()
    assert {word: count for word, count in finished["counts"].items() if count} == {"stored": 1}
    (study,) = as_bob.get("/api/v1/studies").json()["results"]
    assert study["patient"]["patient_id"] == "LIMN-PHANTOM-AXIAL"


def test_after_a_broken_connection_the_sender_goes_on_from_the_offset(as_bob, make_phantom):
    content = make_phantom("axial").paths[0].read_bytes()
    _, place = begin(as_bob, "IM1.dcm", len(content))
    upload = Upload.objects.get()

    pieces = [content[:700]]

    def broken(_size):
        if not pieces:
            raise OSError("the connection broke")
        return pieces.pop()

    uploads.upload_append(
        actor=Actor(user_id=upload.user_id), upload_id=upload.pk, offset=0, read=broken
    )

    assert as_bob.head(place).headers["Upload-Offset"] == "700"
    assert as_bob.get(place).json()["offset"] == 700
    wrong = piece(as_bob, place, 0, content)
    assert (wrong.status_code, wrong.json()["offset"]) == (409, 700)
    right = piece(as_bob, place, 700, content[700:])
    assert right.json()["outcome"][0]["outcome"] == "stored"


def test_what_is_sent_beyond_the_announced_size_is_left(as_bob, make_phantom):
    content = make_phantom("axial").paths[0].read_bytes()
    _, place = begin(as_bob, "IM1.dcm", len(content))

    answer = piece(as_bob, place, 0, content + b"more")

    assert answer.json()["offset"] == len(content)
    assert answer.json()["outcome"][0]["outcome"] == "stored"


def test_an_empty_file_is_told_so(as_bob):
    _, place = begin(as_bob, "nothing.dcm", 0)

    answer = piece(as_bob, place, 0, b"")

    assert answer.json()["outcome"][0]["code"] == "imaging.empty"


def test_a_large_archive_is_taken_in_by_a_job(as_bob, make_phantom, tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "INGEST_AT_ONCE_BYTES", 10)
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in make_phantom("oblique").paths:
            target.write(path, path.name)
    content = archive.read_bytes()
    run_id, place = begin(as_bob, "study.zip", len(content))

    answer = piece(as_bob, place, 0, content).json()
    assert (answer["outcome"], answer["state"]) == (None, "ingesting")
    job = Job.objects.get(kind="imaging.ingest_upload")
    assert str(job.pk) == answer["job_id"]
    job_run(job_id=job.pk, handler=upload_ingest_job)

    outcome = as_bob.get(place).json()["outcome"]
    assert {item["outcome"] for item in outcome} == {"stored"}
    as_bob.post(f"/api/v1/ingest-runs/{run_id}/finish")
    assert Grid.objects.get().frame_count == 12


def test_a_job_that_died_half_way_takes_in_only_the_rest(as_bob, make_phantom, tmp_path):
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in make_phantom("oblique").paths:
            target.write(path, path.name)
    content = archive.read_bytes()
    begin(as_bob, "study.zip", len(content))
    upload = Upload.objects.select_related("run").get()
    uploads._path(upload).write_bytes(content)
    actor = Actor(user_id=upload.user_id)
    files = list(uploads.incoming_from(uploads._path(upload), "study.zip"))
    list(uploads.files_ingest(actor=actor, run=upload.run, files=files[:5], upload=upload))

    with transaction.atomic():
        uploads.upload_take_in(actor, upload)

    fates = list(upload.items.values_list("outcome", flat=True))
    assert fates == ["stored"] * 12


def test_other_peoples_uploads_and_runs_look_absent(as_bob, charlie, client):
    run_id, place = begin(as_bob, "x.dcm", 10)
    client.force_login(charlie)

    assert client.get(place).status_code == 404
    assert piece(client, place, 0, b"x").status_code == 404
    assert client.get(f"/api/v1/ingest-runs/{run_id}").status_code == 404
    assert client.get("/api/v1/ingest-runs").json()["results"] == []
    body = {"run_id": run_id, "name": "y", "size": 1}
    answer = client.post("/api/v1/uploads", body, content_type="application/json")
    assert answer.status_code == 404


def test_a_file_above_the_limit_is_refused_at_once(as_bob, settings):
    settings.LIMN_UPLOAD_MAX_BYTES = 1024**3
    run = as_bob.post("/api/v1/ingest-runs", {}, content_type="application/json").json()
    body = {"run_id": run["id"], "name": "y", "size": 2 * 1024**3}

    answer = as_bob.post("/api/v1/uploads", body, content_type="application/json")

    assert answer.status_code == 422
    assert "up to 1 GiB" in answer.json()["detail"]


def test_a_closed_delivery_takes_nothing_more(as_bob):
    run = as_bob.post("/api/v1/ingest-runs", {}, content_type="application/json").json()
    as_bob.post(f"/api/v1/ingest-runs/{run['id']}/finish")
    body = {"run_id": run["id"], "name": "y", "size": 1}

    answer = as_bob.post("/api/v1/uploads", body, content_type="application/json")

    assert answer.status_code == 409


def test_grids_are_formed_later_even_if_nobody_closes_the_delivery(as_bob, make_phantom):
    content = make_phantom("axial").paths[0].read_bytes()
    _, place = begin(as_bob, "IM1.dcm", len(content))

    piece(as_bob, place, 0, content)

    job = Job.objects.get(kind="imaging.form_grids")
    assert job.request == {"series_id": str(Series.objects.get().pk)}
