"""What a dead process left is taken up again, and deliveries that nobody closes are closed."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from backend.core.actor import Actor
from backend.core.models import Job
from backend.core.services import job_run
from backend.imaging.models import Grid, IngestItem, IngestRun, Instance, Upload
from backend.imaging.services import run_open, uploads
from backend.imaging.services.ingest import run_convert_job
from backend.imaging.services.resume import CLOSED_AFTER, CLOSED_AFTER_BREAK, resume
from backend.imaging.services.uploads import upload_create, upload_ingest_job

pytestmark = pytest.mark.django_db
NOTHING = {"uploads": 0, "runs_settled": 0, "runs_closed": 0}


@pytest.fixture(autouse=True)
def quiet_bells(monkeypatch):
    """Keep doorbells away from the broker, the process edge."""
    monkeypatch.setattr("backend.core.services.ring", lambda *_, **__: True)


def arrived(bob, path, minutes=5):
    """Return an upload whose process died when all of it had arrived."""
    actor = Actor(user_id=bob.pk)
    run = run_open(actor=actor, source="browser")
    content = path.read_bytes()
    upload = upload_create(actor=actor, run_id=run.pk, name=path.name, size=len(content))
    uploads._path(upload).write_bytes(content)
    then = timezone.now() - timedelta(minutes=minutes)
    Upload.objects.filter(pk=upload.pk).update(
        state="ingesting", offset_bytes=len(content), updated_at=then
    )
    return upload


def age(run, by):
    then = timezone.now() - by
    IngestRun.objects.filter(pk=run.pk).update(created_at=then)
    IngestItem.objects.filter(run=run).update(created_at=then)
    Upload.objects.filter(run=run).update(updated_at=then)


def test_an_upload_whose_process_died_is_taken_in_by_a_job(bob, make_phantom):
    upload = arrived(bob, make_phantom("axial").paths[0])

    assert resume() == {**NOTHING, "uploads": 1}
    assert resume() == NOTHING  # its job is open
    job_run(job_id=Job.objects.get(kind="imaging.ingest_upload").pk, handler=upload_ingest_job)

    upload.refresh_from_db()
    assert (upload.state, Instance.objects.count()) == ("done", 1)
    assert resume() == NOTHING


def test_one_that_is_being_taken_in_is_left_alone(bob, make_phantom):
    upload = arrived(bob, make_phantom("axial").paths[0])
    facts = connection.settings_dict
    other = psycopg.connect(
        host=facts["HOST"],
        port=facts["PORT"],
        user=facts["USER"],
        password=facts["PASSWORD"],
        dbname=facts["NAME"],
        autocommit=True,
    )
    key = upload.pk.int & 0x7FFF_FFFF_FFFF_FFFF
    other.execute("SELECT pg_advisory_lock(%s)", [key])

    assert resume() == NOTHING

    other.close()  # as when the process dies
    assert resume()["uploads"] == 1


def test_one_that_kills_every_process_is_given_up_and_says_so(bob, make_phantom):
    upload = arrived(bob, make_phantom("axial").paths[0])
    job = Job.objects.create(kind="imaging.ingest_upload", queue="default", state="lost")
    Upload.objects.filter(pk=upload.pk).update(job_id=job.pk)

    assert resume()["uploads"] == 1

    item = upload.items.get()
    assert (item.outcome, item.code) == ("rejected", "imaging.internal")
    assert Job.objects.count() == 1


def test_a_delivery_that_nobody_closes_is_closed(bob, make_phantom):
    actor = Actor(user_id=bob.pk)
    run = run_open(actor=actor, source="browser")
    paths = make_phantom("axial").paths
    list(uploads.files_ingest(actor=actor, run=run, files=uploads.incoming_from(paths[0].parent)))
    age(run, CLOSED_AFTER - timedelta(minutes=1))
    assert resume() == NOTHING

    age(run, CLOSED_AFTER + timedelta(minutes=1))
    assert resume() == {**NOTHING, "runs_closed": 1}

    run.refresh_from_db()
    assert (run.state, run.counts["stored"]) == ("finished", 12)
    assert Grid.objects.get().frame_count == 12


def test_a_broken_off_upload_keeps_its_delivery_open_for_a_day(bob):
    actor = Actor(user_id=bob.pk)
    run = run_open(actor=actor, source="browser")
    upload_create(actor=actor, run_id=run.pk, name="a.dcm", size=100)

    age(run, CLOSED_AFTER_BREAK - timedelta(hours=1))
    assert resume() == NOTHING
    age(run, CLOSED_AFTER_BREAK + timedelta(hours=1))
    assert resume() == {**NOTHING, "runs_closed": 1}


def test_a_conversion_that_kills_every_process_ends_in_words(bob, tmp_path):
    run = run_open(actor=Actor(user_id=bob.pk), source="browser")
    IngestItem.objects.create(run=run, name="a.nii", outcome="waiting", sha256="0" * 64)
    IngestRun.objects.filter(pk=run.pk).update(state="converting")
    job = Job.objects.create(
        kind="imaging.convert_run",
        queue="default",
        request={"run_id": str(run.pk)},
        state="running",
    )
    assert resume() == NOTHING

    Job.objects.filter(pk=job.pk).update(state="lost")
    assert resume() == {**NOTHING, "runs_settled": 1}

    run.refresh_from_db()
    assert (run.state, run.counts["rejected"]) == ("finished", 1)
    assert IngestItem.objects.get().code == "imaging.internal"


def test_what_waits_in_a_forgotten_delivery_is_converted_after_all(bob):
    run = run_open(actor=Actor(user_id=bob.pk), source="browser")
    IngestItem.objects.create(run=run, name="a.nii", outcome="waiting", sha256="0" * 64)
    age(run, CLOSED_AFTER + timedelta(minutes=1))

    resume()

    job = Job.objects.get(kind="imaging.convert_run")
    job_run(job_id=job.pk, handler=run_convert_job)
    assert IngestItem.objects.get().code == "imaging.vanished"
