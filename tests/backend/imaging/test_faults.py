"""Faults at every step of an ingest: nothing half-stored is visible, and the next try completes it."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.models import Count

from backend.core.actor import Actor
from backend.core.models import Job
from backend.core.services import job_run
from backend.imaging.models import Grid, IngestItem, IngestRun, Instance, Series, Study
from backend.imaging.services import run_open, store, uploads
from backend.imaging.services.resume import resume
from backend.imaging.services.uploads import upload_create, upload_ingest_job
from fixtures.phantoms import phantom
from tests.backend.imaging import faults
from tests.backend.imaging.test_kill import other_connection, stored
from tests.conftest import ROOT
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = [step for step in faults._steps() if not step.startswith("an upload")]
UPLOAD_STEPS = ["all bytes there, no row", "a batch committed", "an upload taken in, not told"]
KILLED = signal.SIGKILL


@contextmanager
def helper(settings, **more):
    """A process that has loaded Django and forks a child for each order."""
    facts = connection.settings_dict
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(facts),
        "LIMN_BLOBS": settings.LIMN_BLOBS,
        "LIMN_DATA": str(Path(settings.LIMN_UPLOADS).parent),
        "LIMN_TEST_RUNNING": "1",
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.backend.imaging.faults"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def order(**words):
        process.stdin.write(json.dumps(words) + "\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    try:
        yield order
    finally:
        process.stdin.close()
        process.wait(timeout=30)


def assert_nothing_is_half_stored(blobs):
    """What anybody can see is whole: counters, bytes, hashes, fates."""
    for sha256, size in Instance.objects.values_list("blob_sha256", "size_bytes"):
        content = (Path(blobs) / sha256[:2] / sha256[2:4] / sha256).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (sha256, size)
    for name in stored(blobs):
        content = (Path(blobs) / name[:2] / name[2:4] / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == name
    counted = Series.objects.annotate(files=Count("instances"))
    assert all(series.instance_count == series.files > 0 for series in counted)
    per_study = Study.objects.annotate(files=Count("series__instances"))
    assert all(study.instance_count == study.files > 0 for study in per_study)
    items = IngestItem.objects.filter(outcome="stored")
    assert items.count() == Instance.objects.count()
    assert not items.filter(instance=None).exists()
    for grid in Grid.objects.filter(superseded_at=None):
        assert {pk for pk, _, _ in grid.frames} <= set(
            Instance.objects.values_list("pk", flat=True)
        )


def test_killed_at_any_step_nothing_is_half_stored_and_the_next_try_completes_it(
    settings, own_store, tmp_path
):
    paths = phantom("axial", tmp_path / "in").paths
    with helper(settings) as order:
        for step in STEPS:
            for model in (IngestItem, IngestRun, Grid, Instance, Series, Study):
                model.objects.all().delete()
            shutil.rmtree(own_store, ignore_errors=True)

            status = order(deed="ingest", folder=str(paths[0].parent), step=step)

            assert status == KILLED, step
            assert_nothing_is_half_stored(own_store)
            assert order(deed="ingest", folder=str(paths[0].parent)) == 0, step
            assert_nothing_is_half_stored(own_store)
            assert Instance.objects.count() == len(paths), step
            assert Grid.objects.get(superseded_at=None).frame_count == len(paths), step


@pytest.mark.parametrize("step", UPLOAD_STEPS)
def test_a_web_process_killed_in_an_upload_loses_nothing(
    step, settings, own_store, tmp_path, monkeypatch
):
    monkeypatch.setattr("backend.core.services.ring", lambda *_, **__: True)
    monkeypatch.setattr("backend.imaging.services.resume.TAKEN_UP_AFTER", timedelta(0))
    settings.LIMN_UPLOADS = tmp_path / "uploads"
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in phantom("oblique", tmp_path / "in").paths:
            target.write(path, path.name)
    actor = Actor(user_id=make_user("Bob").pk)
    run = run_open(actor=actor, source="browser")
    size = archive.stat().st_size
    upload = upload_create(actor=actor, run_id=run.pk, name="study.zip", size=size)

    with helper(settings) as order:
        words = {"file": str(archive), "user": str(actor.user_id), "upload": str(upload.pk)}
        assert order(deed="upload", step=step, **words) == KILLED

    upload.refresh_from_db()
    assert (upload.state, upload.offset_bytes) == ("ingesting", size)
    assert_nothing_is_half_stored(own_store)
    assert resume()["uploads"] == 1
    job_run(job_id=Job.objects.get().pk, handler=upload_ingest_job)
    upload.refresh_from_db()
    assert upload.state == "done"
    assert list(upload.items.values_list("outcome", flat=True)) == ["stored"] * 12
    assert not uploads._path(upload).exists()
    assert_nothing_is_half_stored(own_store)


@contextmanager
def small_disk(folder, size):
    """A disk of this many bytes at a folder; the test is skipped, visibly, where it cannot be made."""
    folder.mkdir(parents=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("only root can make a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_takes_what_fits_and_the_rest_when_there_is_room(
    settings, own_store, tmp_path, take_in
):
    paths = phantom("axial", tmp_path / "in").paths
    room = sum(-(-path.stat().st_size // 4096) * 4096 for path in paths[:6])
    with small_disk(own_store, room):
        run = take_in(paths[0].parent)

        assert 0 < run.counts["stored"] < 12
        assert run.counts["stored"] + run.counts["rejected"] == 12
        refused = IngestItem.objects.filter(run=run, outcome="rejected")
        assert set(refused.values_list("code", flat=True)) == {"imaging.storage_full"}
        assert_nothing_is_half_stored(own_store)
        assert list((own_store / "incoming").glob("*")) == []
        subprocess.run(["mount", "-o", "remount,size=64m", str(own_store)], check=True)

        again = take_in(paths[0].parent)

        assert again.counts["stored"] + run.counts["stored"] == 12
        assert_nothing_is_half_stored(own_store)


@contextmanager
def database_away():
    """Nobody gets at the database, and who is in it is thrown out; ended by the event yielded."""
    facts = connection.settings_dict
    name = facts["NAME"]
    connection.close()
    admin = psycopg.connect(
        host=facts["HOST"],
        port=facts["PORT"],
        user=facts["USER"],
        password=facts["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    )
    back = threading.Event()

    def come_back():
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        back.set()

    try:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        yield come_back
    finally:
        come_back()
        admin.close()


@pytest.mark.parametrize("step", ["_known", "_index", "_record"])
def test_a_command_waits_for_a_database_that_is_away(
    step, own_store, tmp_path, take_in, monkeypatch
):
    paths = phantom("axial", tmp_path / "in").paths
    real, struck = getattr(store, step), []

    def away(*given):
        if not struck:
            struck.append(step)
            away_now.__enter__()
        return real(*given)

    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            away_now.__exit__(None, None, None)

    away_now = database_away()
    monkeypatch.setattr(store, step, away)
    monkeypatch.setattr("backend.core.patience.time.sleep", pause)

    run = take_in(paths[0].parent)

    assert len(pauses) >= 3
    assert run.counts["stored"] == 12
    assert_nothing_is_half_stored(own_store)
    assert Grid.objects.get().frame_count == 12


def test_a_sender_is_told_that_the_database_is_away(own_store, client):
    user = make_user("Bob")
    client.force_login(user)
    client.raise_request_exception = False
    with database_away():
        answer = client.get("/api/v1/ingest-runs")

    assert answer.status_code == 503
    assert answer.json()["code"] == "database.away"
    assert client.get("/api/v1/ingest-runs").status_code == 200


def test_two_processes_with_the_same_files_store_them_once(settings, own_store, tmp_path):
    paths = phantom("axial", tmp_path / "in").paths
    folder = str(paths[0].parent)
    with helper(settings) as first, helper(settings) as second, other_connection() as holder:
        holder.execute("LOCK TABLE imaging_study IN ACCESS EXCLUSIVE MODE")
        answers = []
        both = [
            threading.Thread(target=lambda go=go: answers.append(go(deed="ingest", folder=folder)))
            for go in (first, second)
        ]
        for each in both:
            each.start()
        until = time.monotonic() + 60
        while blocked(holder) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(stored(own_store)) == 12
        holder.rollback()
        for each in both:
            each.join()

    assert answers == [0, 0]
    assert stored(own_store) == sorted(Instance.objects.values_list("blob_sha256", flat=True))
    outcomes = sorted(IngestItem.objects.values_list("outcome", flat=True))
    assert outcomes == ["duplicate"] * 12 + ["stored"] * 12
    assert_nothing_is_half_stored(own_store)


def blocked(holder):
    """Return how many wait for the table that the test holds."""
    rows = holder.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'imaging_study'::regclass"
    )
    return rows.fetchone()[0]
