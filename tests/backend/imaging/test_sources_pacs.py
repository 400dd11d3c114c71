"""Pulling from a real archive over DIMSE: Orthanc, by C-GET, and by C-MOVE into our own receiver."""

from pathlib import Path

import pydicom
import pytest

from backend.core.models import Job
from backend.core.services import job_run
from backend.imaging.domain.dimse import SYNTAXES, offers_of
from backend.imaging.models import IngestRun, Instance, SourceRun
from backend.imaging.services.sources.running import source_run_job
from tests.backend.imaging.small_archive import SmallArchive
from tests.factories import Api

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet_bells(monkeypatch):
    """Keep doorbells away from the broker, the process edge."""
    monkeypatch.setattr("backend.core.services.ring", lambda *_, **__: True)


@pytest.fixture
def admin(ada):
    api = Api()
    api.force_login(ada)
    return api


def pacs(orthanc, **settings):
    there = {"host": "127.0.0.1", "port": orthanc.dicom_port, "called_ae": "ORTHANC"}
    return {"kind": "pacs", **there, **settings}


def add(api, chosen):
    answer = api.post("/api/v1/sources", {"name": "PACS", "settings": chosen})
    assert answer.status_code == 201, answer.content
    return answer.json()


def run_now(api, source):
    answer = api.post(f"/api/v1/sources/{source['id']}/runs").json()
    job_run(job_id=Job.objects.get(pk=answer["job_id"]).pk, handler=source_run_job)
    return api.get(f"/api/v1/sources/{source['id']}").json()["last_run"]


def test_studies_are_fetched_by_c_get_once_and_what_is_added_later_too(
    admin, orthanc, make_phantom
):
    axial, oblique = make_phantom("axial").paths, make_phantom("oblique").paths
    orthanc.empty()
    orthanc.send([*axial[:-1], *oblique])
    source = add(admin, pacs(orthanc, filter={"modalities": ["CT", "MR"]}))

    first = run_now(admin, source)
    again = run_now(admin, source)
    orthanc.send([axial[-1]])
    later = run_now(admin, source)

    before = len(axial) - 1 + len(oblique)
    assert (first["state"], first["counts"]["stored"]) == ("succeeded", before), first
    assert (again["found"], again["skipped"]) == (0, before)
    assert (later["counts"]["stored"], later["skipped"]) == (1, before)
    assert Instance.objects.count() == len(axial) + len(oblique)


def test_files_come_in_the_syntax_in_which_the_archive_has_them(admin, orthanc):
    names = ("JPEG2000.dcm", "SC_rgb_jpeg_dcmtk.dcm", "MR_small_RLE.dcm", "CT_small.dcm")
    paths = [Path(pydicom.data.get_testdata_file(name, download=False)) for name in names]
    stored = {str(each.SOPInstanceUID): each for each in map(pydicom.dcmread, paths)}
    orthanc.empty()
    orthanc.send(paths)

    run = run_now(admin, add(admin, pacs(orthanc)))

    assert (run["state"], run["problem"]) == ("succeeded", None)
    syntaxes = dict(Instance.objects.values_list("sop_uid", "transfer_syntax_uid"))
    assert syntaxes == {uid: each.file_meta.TransferSyntaxUID for uid, each in stored.items()}


@pytest.mark.parametrize("classes", [0, 1, 6, 7, 64, 100])
def test_as_many_syntaxes_as_there_is_room_for_have_a_context_of_their_own(classes):
    names = [f"1.2.{number}" for number in range(classes)]

    offers = list(offers_of(names, 127))

    assert len(offers) <= 127
    for name in names:
        assert [s for each, some in offers if each == name for s in some] == list(SYNTAXES)
    if classes in {1, 6}:
        assert all(len(some) == 1 for _, some in offers)


def test_the_test_says_who_answers_and_who_does_not(admin, orthanc):
    asked = {"settings": pacs(orthanc)}
    good = admin.post("/api/v1/source-tests", asked).json()
    asked["settings"]["port"] = 9
    gone = admin.post("/api/v1/source-tests", asked).json()
    moving = {"settings": pacs(orthanc, retrieve="move")}
    without_receiver = admin.post("/api/v1/source-tests", moving).json()

    assert good["is_good"] is True, good
    assert "Nobody answers" in gone["sentence"]
    assert "LIMN_DIMSE_PORT" in without_receiver["sentence"]


def test_what_an_archive_is_asked_to_send_belongs_to_the_look_that_asked(
    admin, orthanc, dimse, make_phantom, settings
):
    settings.LIMN_DIMSE_PORT = dimse.port
    paths = make_phantom("axial").paths
    orthanc.empty()
    orthanc.know("limn", "LIMN", dimse.port)
    orthanc.send(paths)
    source = add(admin, pacs(orthanc, retrieve="move"))

    moved = run_now(admin, source)
    again = run_now(admin, source)

    assert (moved["state"], moved["found"]) == ("succeeded", len(paths)), moved
    assert moved["counts"]["stored"] == len(paths)
    assert (again["found"], again["skipped"]) == (0, len(paths))
    assert IngestRun.objects.get().source == "pacs"
    assert SourceRun.objects.filter(trigger="sender").count() == 0


def test_what_an_archive_cannot_send_is_told_and_keeps_nothing_else_back(admin, make_phantom):
    axial, oblique = make_phantom("axial").paths, make_phantom("oblique").paths
    lost = {pydicom.dcmread(path).SOPInstanceUID for path in (axial[0], oblique[0])}

    with SmallArchive([axial[0], *oblique], lost=lost) as there:
        source = add(admin, pacs(there))
        run = run_now(admin, source)

    assert (run["state"], run["counts"]["stored"]) == ("succeeded", len(oblique) - 1), run
    assert run["problem"].startswith("2 images could not be fetched")

    with SmallArchive([axial[0], *oblique]) as there:
        chosen = pacs(there)
        admin.patch(f"/api/v1/sources/{source['id']}", {"settings": chosen})
        assert run_now(admin, source)["counts"]["stored"] == 2
    assert Instance.objects.count() == 1 + len(oblique)


def test_an_archive_that_sends_nothing_is_a_look_that_failed(admin, make_phantom):
    paths = make_phantom("axial").paths[:2]
    lost = {pydicom.dcmread(path).SOPInstanceUID for path in paths}

    with SmallArchive(paths, lost=lost) as there:
        run = run_now(admin, add(admin, pacs(there)))

    assert run["state"] == "failed"
    assert "2 images could not be fetched (the archive answers A702)" in run["problem"]


def test_an_archive_that_refuses_is_told_in_words(admin, make_phantom, settings):
    settings.LIMN_DIMSE_PORT = 11112
    paths = make_phantom("axial").paths[:1]

    with SmallArchive(paths, refusal=0xA701) as there:
        busy = run_now(admin, add(admin, {**pacs(there)}))
        move = {"name": "Moved", "settings": pacs(there, retrieve="move")}
        unknown = run_now(admin, admin.post("/api/v1/sources", move).json())

    assert (busy["state"], "out of resources" in busy["problem"]) == ("failed", True)
    assert "AE title, address and port entered there" in unknown["problem"]
