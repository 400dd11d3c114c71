"""Sources: what is put in a watched folder comes in once, and nothing else of the machine does."""

import os
import shutil
import zipfile

import pytest

from backend.audit.models import AuditEvent
from backend.core.models import Job
from backend.core.services import JobLost, job_run
from backend.imaging.models import IngestItem, IngestRun, Instance, SeenFile, Source, SourceRun
from backend.imaging.services.sources import running
from backend.imaging.services.sources.running import source_run_job, sources_due
from tests.factories import Api

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet_bells(monkeypatch):
    """Keep doorbells away from the broker, the process edge."""
    monkeypatch.setattr("backend.core.services.ring", lambda *_, **__: True)


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    """Let no time pass between the two looks at a file; one test looks at that itself."""
    monkeypatch.setattr("backend.imaging.services.sources.folder._wait", lambda *_: None)


@pytest.fixture
def inbox(tmp_path, settings):
    """A folder that may be watched."""
    root = tmp_path / "watched"
    (root / "inbox").mkdir(parents=True)
    settings.LIMN_WATCH_ROOTS = [str(root)]
    return root / "inbox"


@pytest.fixture
def admin(ada):
    api = Api()
    api.force_login(ada)
    return api


def folder(inbox, **settings):
    return {"kind": "folder", "path": str(inbox), "settle_seconds": 1, **settings}


def add(api, settings, **fields):
    answer = api.post("/api/v1/sources", {"name": "Scanner", "settings": settings, **fields})
    assert answer.status_code == 201, answer.content
    return answer.json()


def run_now(api, source):
    """Look at the source as the worker does, and return what its page says of it."""
    answer = api.post(f"/api/v1/sources/{source['id']}/runs")
    assert answer.status_code == 202, answer.content
    job_run(job_id=Job.objects.get(pk=answer.json()["job_id"]).pk, handler=source_run_job)
    return api.get(f"/api/v1/sources/{source['id']}").json()["last_run"]


def fill(inbox, phantom):
    for path in phantom.paths:
        shutil.copy(path, inbox / path.name)
    return len(phantom.paths)


def test_each_file_of_a_folder_comes_in_once_and_stays_where_it_is(admin, inbox, make_phantom):
    count = fill(inbox, make_phantom("axial"))
    source = add(admin, folder(inbox))

    first = run_now(admin, source)
    second = run_now(admin, source)

    assert (first["state"], first["found"], first["counts"]["stored"]) == (
        "succeeded",
        count,
        count,
    )
    assert (second["found"], second["skipped"], second["ingest_run_id"]) == (0, count, None)
    assert len(list(inbox.iterdir())) == count
    run = IngestRun.objects.get()
    assert (run.source, run.label, run.state) == ("folder", "Scanner", "finished")
    assert Instance.objects.first().series.grids.count() == 1


def test_a_changed_file_is_looked_at_again_and_a_new_one_comes_in(admin, inbox, make_phantom):
    paths = make_phantom("axial").paths
    shutil.copy(paths[0], inbox)
    source = add(admin, folder(inbox))
    run_now(admin, source)

    os.utime(inbox / paths[0].name, (1, 1))
    shutil.copy(paths[1], inbox)
    again = run_now(admin, source)

    assert (again["counts"]["duplicate"], again["counts"]["stored"]) == (1, 1)


def test_a_file_that_still_grows_is_left_for_the_next_look(admin, inbox, make_phantom, monkeypatch):
    paths = make_phantom("axial").paths
    content = paths[0].read_bytes()
    growing = inbox / "a.dcm"
    growing.write_bytes(content[:1000])
    (inbox / "b.dcm.part").write_bytes(content[:1000])
    source = add(admin, folder(inbox))

    def grow(*_):
        growing.write_bytes(content)

    monkeypatch.setattr("backend.imaging.services.sources.folder._wait", grow)
    first = run_now(admin, source)
    monkeypatch.setattr("backend.imaging.services.sources.folder._wait", lambda *_: None)
    second = run_now(admin, source)

    assert (first["growing"], first["found"], first["ingest_run_id"]) == (1, 0, None)
    assert (second["growing"], second["counts"]["stored"]) == (0, 1)


def test_archives_and_files_that_are_not_dicom_come_in_as_from_an_upload(
    admin, inbox, make_phantom
):
    paths = make_phantom("axial").paths
    with zipfile.ZipFile(inbox / "study.zip", "w") as archive:
        for path in paths:
            archive.write(path, path.name)
    (inbox / "letter.txt").write_text("not an image")
    source = add(admin, folder(inbox))

    done = run_now(admin, source)

    assert (done["found"], done["counts"]["stored"]) == (2, len(paths))
    assert done["counts"]["rejected"] == 1
    assert IngestItem.objects.get(outcome="rejected").name == "letter.txt"
    assert run_now(admin, source)["skipped"] == 2


def test_what_was_taken_is_moved_aside_only_where_that_was_asked_for(admin, inbox, make_phantom):
    count = fill(inbox, make_phantom("axial"))
    source = add(admin, folder(inbox, moves_done=True))

    run_now(admin, source)
    again = run_now(admin, source)

    assert [path.name for path in inbox.iterdir()] == ["done"]
    assert len(list((inbox / "done").iterdir())) == count
    assert (again["found"], again["skipped"]) == (0, 0)


def test_the_policy_of_a_source_clears_what_comes_and_its_project_sees_it(
    admin, inbox, make_phantom, project
):
    fill(inbox, make_phantom("axial"))
    source = add(admin, folder(inbox), policy="basic", project_id=str(project.pk))

    done = run_now(admin, source)

    assert done["counts"]["stored"] > 0
    study = Instance.objects.first().series.study
    assert study.patient.name != ""
    assert study.audiences.filter(audience_id=project.pk).exists()
    assert not IngestItem.objects.exclude(name__startswith="file-").exists()
    assert IngestRun.objects.get().policy.name == "basic"


def test_a_study_that_was_there_is_shown_to_a_project_if_all_of_it_comes_again(
    admin, inbox, make_phantom, take_in, project
):
    paths = make_phantom("axial").paths
    take_in(paths[0].parent)
    shutil.copy(paths[0], inbox)
    source = add(admin, folder(inbox), project_id=str(project.pk))
    audiences = Instance.objects.first().series.study.audiences.filter(audience_id=project.pk)

    run_now(admin, source)
    assert not audiences.exists()
    fill(inbox, make_phantom("axial"))
    SeenFile.objects.all().delete()
    run_now(admin, source)

    assert audiences.exists()


def test_a_worker_that_died_is_followed_by_one_that_goes_on_with_the_same_delivery(
    admin, inbox, make_phantom, monkeypatch
):
    """It dies after the rows of a batch, before what was seen is written down: the worst moment."""
    count = fill(inbox, make_phantom("axial"))
    source = add(admin, folder(inbox))
    answer = admin.post(f"/api/v1/sources/{source['id']}/runs").json()
    remember = running.Tally.remember
    calls = []

    def die_once(tally):
        if not calls:
            calls.append(1)
            raise JobLost("killed")
        remember(tally)

    monkeypatch.setattr(running.Tally, "remember", die_once)
    job_run(job_id=answer["job_id"], handler=source_run_job)
    assert (SourceRun.objects.get().finished_at, SeenFile.objects.count()) == (None, 0)
    Job.objects.update(state="queued", lease_until=None)

    job_run(job_id=answer["job_id"], handler=source_run_job)

    run = SourceRun.objects.get()
    assert (run.outcome, run.found) == ("succeeded", count)
    assert (Instance.objects.count(), IngestRun.objects.count()) == (count, 1)
    assert run.ingest_run.counts["duplicate"] == run.ingest_run.counts["stored"] == count
    assert run_now(admin, source)["skipped"] == count


@pytest.mark.parametrize("place", ["..", "../..", "../../blobs", "/etc"])
def test_only_folders_below_the_roots_may_be_watched(admin, inbox, place):
    answer = admin.post(
        "/api/v1/sources", {"name": "x", "settings": folder((inbox / place).resolve())}
    )

    allowed = place == ".."  # the root itself
    assert answer.status_code == (201 if allowed else 422), answer.content


def test_a_folder_that_became_a_link_to_elsewhere_is_not_followed(admin, inbox, tmp_path):
    source = add(admin, folder(inbox))
    inbox.rmdir()
    (tmp_path / "private").mkdir()
    inbox.symlink_to(tmp_path / "private")

    done = run_now(admin, source)

    assert done["state"] == "failed"
    assert "LIMN_WATCH_ROOTS" in done["problem"]


def test_the_test_says_what_is_there_or_what_is_wrong(admin, inbox, settings):
    (inbox / "a.dcm").write_bytes(b"x")
    asked = {"settings": folder(inbox)}

    good = admin.post("/api/v1/source-tests", asked).json()
    settings.LIMN_WATCH_ROOTS = []
    bad = admin.post("/api/v1/source-tests", asked).json()

    assert good == {"is_good": True, "sentence": "The folder can be read: 1 file in it."}
    assert bad["is_good"] is False
    assert "LIMN_WATCH_ROOTS" in bad["sentence"]


def test_the_clock_begins_what_is_due_once_and_leaves_disabled_ones(admin, inbox, monkeypatch):
    due = add(admin, folder(inbox), schedule={"every_minutes": 5})
    off = add(admin, folder(inbox), name="Off", schedule={"every_minutes": 5}, is_enabled=False)
    assert off["next_run_at"] is None
    assert sources_due() == 0
    Source.objects.update(next_run_at="2020-01-01T00:00Z")

    assert sources_due() == 1
    assert sources_due() == 0

    assert SourceRun.objects.get().source_id.hex == due["id"].replace("-", "")
    assert Source.objects.get(pk=due["id"]).next_run_at.year > 2020


def test_looks_of_the_clock_that_find_nothing_leave_no_trail(admin, inbox, make_phantom):
    source = add(admin, folder(inbox), schedule={"every_minutes": 1})
    paths = make_phantom("axial").paths
    for number in range(4):
        if number == 1:
            shutil.copy(paths[0], inbox)
        Source.objects.update(next_run_at="2020-01-01T00:00Z")
        sources_due()
        job_run(job_id=Job.objects.get(state="queued").pk, handler=source_run_job)

    runs = admin.get(f"/api/v1/sources/{source['id']}/runs").json()["results"]

    assert [(run["found"], run["skipped"]) for run in runs] == [(0, 1), (1, 0)]
    assert Job.objects.count() == 2


def test_a_look_that_is_stopped_keeps_what_came_and_says_so(
    admin, inbox, make_phantom, monkeypatch
):
    fill(inbox, make_phantom("axial"))
    source = add(admin, folder(inbox))
    monkeypatch.setattr("backend.imaging.services.ingest.BATCH", 2)
    monkeypatch.setattr(running, "TOLD_EVERY_SECONDS", 0.0)
    remember = running.Tally.settle

    def stop_after_two(tally, item):
        remember(tally, item)
        if Instance.objects.count() == 2:
            Job.objects.update(cancel_requested=True)

    monkeypatch.setattr(running.Tally, "settle", stop_after_two)

    stopped = run_now(admin, source)

    assert (stopped["state"], stopped["counts"]["stored"]) == ("cancelled", 2)
    assert "Stopped on request" in stopped["problem"]
    assert Job.objects.get().state == "cancelled"
    assert run_now(admin, source)["skipped"] == 2


def test_a_run_whose_job_was_lost_is_ended_by_the_clock(admin, inbox):
    source = add(admin, folder(inbox))
    admin.post(f"/api/v1/sources/{source['id']}/runs")
    Job.objects.update(state="lost")

    sources_due()

    shown = admin.get(f"/api/v1/sources/{source['id']}").json()["last_run"]
    assert shown["state"] == "failed"
    assert "the next look goes on" in shown["problem"]


def test_asking_twice_looks_once(admin, inbox):
    source = add(admin, folder(inbox))
    first = admin.post(f"/api/v1/sources/{source['id']}/runs").json()
    second = admin.post(f"/api/v1/sources/{source['id']}/runs").json()

    assert first["id"] == second["id"]
    assert Job.objects.count() == 1


def test_a_source_is_changed_and_removed_and_what_it_brought_stays(admin, inbox, make_phantom):
    count = fill(inbox, make_phantom("axial"))
    source = add(admin, folder(inbox))
    run_now(admin, source)
    place = f"/api/v1/sources/{source['id']}"

    changed = admin.patch(place, {"name": "MR 2", "schedule": {"daily_at": "03:30"}}).json()
    other_kind = admin.patch(place, {"settings": {"kind": "receiver", "callers": ["X"]}})
    gone = admin.delete(place)

    assert (changed["name"], changed["schedule"]["daily_at"]) == ("MR 2", "03:30")
    assert changed["next_run_at"].endswith("03:30:00Z")
    assert other_kind.status_code == 422
    assert gone.status_code == 204
    assert admin.get("/api/v1/sources").json()["results"] == []
    assert (Instance.objects.count(), SeenFile.objects.count()) == (count, 0)
    assert list(_verbs()) == ["source.added", "source.run", "source.changed", "source.removed"]


def _verbs():
    return (
        AuditEvent.objects.filter(verb__startswith="source.")
        .order_by("pk")
        .values_list("verb", flat=True)
    )


def test_secrets_are_taken_and_never_given_back(admin, monkeypatch):
    settings = {"kind": "dicomweb", "url": "http://127.0.0.1:9/dicom-web", "user": "limn"}
    source = add(admin, settings, secrets={"password": "plain-words"})

    assert source["has_secret"] is True
    assert "plain-words" not in admin.get("/api/v1/sources").content.decode()
    row = Source.objects.get()
    assert b"plain-words" not in bytes(row.sealed)
    assert "plain-words" not in str(row.settings)

    elsewhere = {**settings, "url": "http://127.0.0.2:9/dicom-web"}
    place = f"/api/v1/sources/{source['id']}"
    assert admin.patch(place, {"name": "Renamed"}).json()["has_secret"] is True
    assert admin.patch(place, {"settings": elsewhere}).json()["has_secret"] is False


@pytest.mark.parametrize(
    "chosen",
    [
        {"kind": "dicomweb", "url": "ftp://somewhere"},
        {"kind": "pacs", "host": "x", "port": 70000, "called_ae": "A"},
        {"kind": "pacs", "host": "x", "port": 104, "called_ae": "A" * 17},
        {"kind": "receiver", "callers": []},
        {"kind": "floppy"},
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(admin, chosen):
    answer = admin.post("/api/v1/sources", {"name": "x", "settings": chosen})

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("settings")
