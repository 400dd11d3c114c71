"""De-identification at the door: policies of deliveries, quarantine, reports, the way back."""

import io
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image
from pydicom import dcmread

from backend.audit.models import AuditEvent
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.imaging.domain.deidentify.policy import BASIC, KEEP, RESEARCH
from backend.imaging.domain.messages_deid import PolicyIn, QuarantineDecisionIn
from backend.imaging.models import (
    IngestItem,
    IngestRun,
    Instance,
    Patient,
    QuarantinedFile,
    SealedIdentity,
    Study,
    Upload,
)
from backend.imaging.selectors.quarantine import quarantine_page, quarantined_picture
from backend.imaging.services import clearing, ingest_paths
from backend.imaging.services.deid import identity_find, policy_add, policy_named
from backend.imaging.services.quarantine import quarantine_decide
from tests.backend.imaging.test_deidentify_pixels import image, picture
from tests.factories import api_of, make_user

pytestmark = pytest.mark.django_db


def take(*paths, policy=None, actor=None):
    return ingest_paths(
        actor=actor or Actor.system(), paths=[Path(path) for path in paths], policy=policy
    )


def contents(own_store):
    """Return every byte that lies in the store, the cache and the uploads."""
    folders = [own_store.parent / name for name in ("blobs", "cache", "uploads")]
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return b"\n".join(path.read_bytes() for path in paths)


def stow(user, paths):
    """Send files over DICOMweb in one request."""
    lead = b"\r\n--edge\r\nContent-Type: application/dicom\r\n\r\n"
    return api_of(user).post(
        "/dicomweb/studies",
        b"".join(lead + path.read_bytes() for path in paths) + b"\r\n--edge--\r\n",
        content_type='multipart/related; type="application/dicom"; boundary=edge',
    )


@pytest.fixture
def decide(django_capture_on_commit_callbacks):
    """Decide about a file as an administrator would, and let what follows a commit happen."""

    def carry_out(row, **decision):
        with django_capture_on_commit_callbacks(execute=True):
            return quarantine_decide(
                actor=Actor.system(), file_id=row.pk, body=QuarantineDecisionIn(**decision)
            )

    return carry_out


@pytest.fixture
def burned(tmp_path):
    """Return a file of an ultrasound picture with a name in it."""
    folder = tmp_path / "screens"
    folder.mkdir()
    dataset = image(picture("us", contrast=1.0).picture[None], colour="RGB")
    dataset.PatientName, dataset.PatientID = "Okonkwo^Ngozi", "NG-12345"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3.4", "1.2.3.4.5"
    path = folder / "Okonkwo_Ngozi.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_nothing_of_the_patient_reaches_the_store_or_the_index(make_phantom, own_store):
    phantom = make_phantom("axial")
    given = dcmread(phantom.paths[0])
    run = take(phantom.paths[0].parent, policy="basic")
    assert run.counts["stored"] == len(phantom.paths)
    patient = Patient.objects.get()
    assert patient.patient_id == patient.name
    assert patient.patient_id.startswith("LIMN-")
    stored = dcmread(io.BytesIO(_bytes_of(Instance.objects.first())))
    assert stored.PatientIdentityRemoved == "YES"
    assert given.StudyInstanceUID not in Study.objects.get().uid
    kept = b"".join(_bytes_of(each) for each in Instance.objects.all())
    for word in (str(given.PatientName), given.PatientID, given.StudyInstanceUID):
        assert word.encode() not in kept
    rows = str(list(Instance.objects.values())) + str(list(IngestItem.objects.values()))
    assert str(given.PatientName) not in rows
    assert given.StudyInstanceUID not in rows


def _bytes_of(instance):
    with blob_store().open(instance.blob_sha256) as file:
        return file.read()


def test_pixels_and_grid_are_those_of_the_file(make_phantom):
    phantom = make_phantom("axial")
    take(phantom.paths[0].parent, policy="research-shifted")
    given = {np.asarray(dcmread(path).pixel_array).tobytes() for path in phantom.paths}
    stored = {
        dcmread(io.BytesIO(_bytes_of(each))).pixel_array.tobytes()
        for each in Instance.objects.all()
    }
    assert stored == given


def test_the_same_delivery_twice_is_a_duplicate_and_the_patient_one(make_phantom):
    folder = make_phantom("axial").paths[0].parent
    take(folder, policy="basic")
    again = take(folder, policy="basic")
    assert again.counts["duplicate"] == Instance.objects.count()
    assert Patient.objects.count() == 1


def test_the_report_of_a_run_counts_by_attribute(make_phantom, client):
    phantom = make_phantom("axial")
    run = take(phantom.paths[0].parent, policy="research-shifted")
    run.refresh_from_db()
    assert run.report["files"] == len(phantom.paths)
    assert run.report["policy"] == "research-shifted v1"
    assert run.report["done"]["uid_replaced"]["SOPInstanceUID"] == len(phantom.paths)
    admin = api_of(make_user("Ada", is_admin=True))
    answer = admin.get(f"/api/v1/ingest-runs/{run.pk}/report").json()
    assert answer["digest"] == RESEARCH.digest


def test_a_source_has_a_policy_and_a_named_one_goes_before_it(make_phantom):
    admin = Actor(make_user("Ada", is_admin=True).pk, is_admin=True)
    body = PolicyIn(document=BASIC.renewed().document(), scopes=["source:command"])
    policy_add(actor=admin, body=body)
    phantom = make_phantom("axial")
    assert take(phantom.paths[0]).policy.version == 2
    assert take(phantom.paths[0], policy="keep").policy.name == "keep"
    given = dcmread(phantom.paths[0]).PatientID
    assert Patient.objects.filter(patient_id=given).count() == 1
    assert Patient.objects.count() == 2


def test_policies_are_added_in_order_by_administrators_only():
    admin = Actor(make_user("Ada", is_admin=True).pk, is_admin=True)
    with pytest.raises(Forbidden):
        policy_add(actor=Actor(make_user("Bob").pk), body=PolicyIn(document=BASIC.document()))
    with pytest.raises(Conflict, match="next version of this policy is 2"):
        policy_add(actor=admin, body=PolicyIn(document=BASIC.document()))
    with pytest.raises(Invalid):
        policy_add(actor=admin, body=PolicyIn(document={"name": "x"}))
    with pytest.raises(Invalid, match="no such de-identification policy"):
        policy_named("strict")
    assert policy_named("keep").digest == KEEP.digest
    assert policy_named("keep").pk == policy_named("keep").pk


def test_a_burned_in_name_waits_with_its_boxes(burned, own_store):
    run = take(burned, policy="basic")
    assert run.counts["quarantined"] == 1
    assert not Instance.objects.exists()
    row = QuarantinedFile.objects.get()
    assert row.boxes
    assert row.reason == "text"
    assert "Okonkwo" not in row.name
    item = IngestItem.objects.get()
    assert (item.outcome, item.code) == ("quarantined", "imaging.burned_in")
    assert b"okonkwo" not in contents(own_store).lower()
    png = quarantined_picture(actor=Actor.system(), file_id=row.pk, frame=1)
    assert Image.open(io.BytesIO(png)).size == (row.columns, row.rows)


def test_blanked_boxes_let_the_file_in_and_the_old_bytes_go(burned, decide):
    run = take(burned, policy="basic")
    row = QuarantinedFile.objects.get()
    decided = decide(row, decision="redact")
    assert decided.state == "redacted"
    assert not blob_store().exists(row.file_sha256)
    stored = dcmread(io.BytesIO(_bytes_of(Instance.objects.get())))
    top, left, bottom, right = row.boxes[0]
    assert not stored.pixel_array[top:bottom, left:right].any()
    assert stored.BurnedInAnnotation == "NO"
    run.refresh_from_db()
    assert (run.counts["quarantined"], run.counts["stored"]) == (0, 1)
    assert AuditEvent.objects.filter(verb="quarantine.redacted").exists()
    with pytest.raises(Conflict):
        decide(row, decision="discard")


@pytest.mark.parametrize(("decision", "stored", "rejected"), [("release", 1, 0), ("discard", 0, 1)])
def test_a_file_is_released_or_discarded(burned, decide, decision, stored, rejected):
    run = take(burned, policy="basic")
    row = QuarantinedFile.objects.get()
    decide(row, decision=decision)
    run.refresh_from_db()
    assert (run.counts["stored"], run.counts["rejected"]) == (stored, rejected)
    assert run.counts["quarantined"] == 0
    assert blob_store().exists(row.file_sha256) == bool(stored)


@pytest.mark.parametrize("boxes", [[], [(0, 0, 9999, 5)], [(5, 5, 5, 9)]])
def test_boxes_lie_inside_the_picture(burned, decide, boxes):
    take(burned, policy="basic")
    with pytest.raises(Invalid):
        decide(QuarantinedFile.objects.get(), decision="redact", boxes=boxes)


def test_others_see_no_quarantine_but_their_own(burned):
    bob, eve = Actor(make_user("Bob").pk), Actor(make_user("Eve").pk)
    take(burned, policy="basic", actor=bob)
    row = QuarantinedFile.objects.get()
    assert quarantine_page(actor=bob, state="", cursor="").total == 1
    assert quarantine_page(actor=eve, state="", cursor="").total == 0
    with pytest.raises(NotFound):
        quarantined_picture(actor=eve, file_id=row.pk, frame=1)


def test_the_way_back_is_sealed_asked_on_record_and_for_administrators(burned, settings):
    admin, bob = make_user("Ada", is_admin=True), make_user("Bob")
    asking = Actor(admin.pk, is_admin=True)
    policy_add(actor=asking, body=PolicyIn(document=BASIC.renewed(way_back=True).document()))
    take(burned, policy="basic")
    row = SealedIdentity.objects.get()
    assert b"Okonkwo" not in bytes(row.sealed)
    found = identity_find(actor=asking, pseudonym=row.pseudonym, reason="relapse")
    assert (found.name, found.patient_id) == ("Okonkwo^Ngozi", "NG-12345")
    assert AuditEvent.objects.filter(verb="deid.identity_asked", target_id=row.pseudonym).exists()
    with pytest.raises(Forbidden):
        identity_find(actor=Actor(bob.pk), pseudonym=row.pseudonym, reason="curious")
    with pytest.raises(NotFound):
        identity_find(actor=asking, pseudonym="LIMN-NOBODY", reason="a test")
    settings.LIMN_DEID_KEY = "another key of this installation"
    with pytest.raises(NotFound, match="another key"):
        identity_find(actor=asking, pseudonym=row.pseudonym, reason="a test")


def test_what_is_no_dicom_is_refused_as_ever_and_its_name_is_not_told(tmp_path):
    path = tmp_path / "Okonkwo.txt"
    path.write_text("Dear Dr Okonkwo, thank you for the referral.")
    run = take(path, policy="basic")
    item = IngestItem.objects.get()
    assert (item.outcome, item.code) == ("rejected", "imaging.not_dicom")
    assert item.name.startswith("file-")
    assert run.counts["rejected"] == 1


def test_the_command_takes_a_policy(make_phantom, capsys):
    folder = make_phantom("axial").paths[0].parent
    call_command("ingest", str(folder), policy="basic")
    assert "in quarantine" in capsys.readouterr().out
    assert IngestRun.objects.get().policy.name == "basic"


def test_a_browser_opens_a_run_under_a_policy_and_lists_policies():
    bob = api_of(make_user("Bob"))
    answer = bob.post(
        "/api/v1/ingest-runs", {"label": "x", "policy": "basic"}, content_type="application/json"
    )
    assert answer.json()["policy"] == "basic v1"
    names = [each["name"] for each in bob.get("/api/v1/deid/policies").json()["results"]]
    assert names == ["basic", "keep", "research-shifted"]


def test_an_upload_under_a_policy_forgets_the_name_it_was_sent_by(make_phantom):
    path = make_phantom("axial").paths[0]
    bob = api_of(make_user("Bob"))
    run = bob.post("/api/v1/ingest-runs", {"policy": "basic"}, content_type="application/json")
    content = path.read_bytes()
    body = {"run_id": run.json()["id"], "name": "Okonkwo_Ngozi.dcm", "size": len(content)}
    upload = bob.post("/api/v1/uploads", body, content_type="application/json").json()
    answer = bob.patch(
        f"/api/v1/uploads/{upload['id']}",
        content,
        content_type="application/offset+octet-stream",
        headers={"Upload-Offset": "0"},
    )
    assert [each["outcome"] for each in answer.json()["outcome"]] == ["stored"]
    assert "Okonkwo" not in str(list(Upload.objects.values()) + list(IngestItem.objects.values()))


@pytest.fixture
def memory_only():
    admin = Actor(make_user("Ada", is_admin=True).pk, is_admin=True)
    document = BASIC.renewed(memory_only=True).document()
    policy_add(actor=admin, body=PolicyIn(document=document, scopes=["source:stow"]))


def test_what_comes_over_dicomweb_touches_no_disk_before_it_is_cleared(
    make_phantom, memory_only, monkeypatch, own_store
):
    seen = []
    original = clearing.files_clear

    def watched(work, files):
        def arriving():
            for incoming in files:
                seen.append(str(incoming.path))
                assert name_of(paths[0]) not in contents(own_store)
                yield incoming

        return original(work, arriving())

    monkeypatch.setattr("backend.imaging.services.ingest.files_clear", watched)
    paths = make_phantom("axial").paths[:3]
    answer = stow(make_user("Bob"), paths)
    assert answer.status_code == 202
    assert Instance.objects.count() == 3
    assert len(seen) == 3
    assert all(path.startswith("/proc/self/fd/") for path in seen)
    assert name_of(paths[0]) not in contents(own_store)


def name_of(path):
    return str(dcmread(path).PatientName).encode()


def test_what_comes_over_dicomweb_is_made_durable_only_when_it_is_cleared(
    make_phantom, monkeypatch, own_store
):
    admin = Actor(make_user("Ada", is_admin=True).pk, is_admin=True)
    policy_add(
        actor=admin, body=PolicyIn(document=BASIC.renewed().document(), scopes=["source:stow"])
    )
    durable = []
    original = os.fsync

    def watched(descriptor):
        original(descriptor)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            durable.append(os.pread(descriptor, os.fstat(descriptor).st_size, 0))

    monkeypatch.setattr(os, "fsync", watched)
    paths = make_phantom("axial").paths[:3]
    assert stow(make_user("Bob"), paths).status_code == 202
    stored = [_bytes_of(each) for each in Instance.objects.all()]
    assert len(stored) == 3
    assert sorted(durable) == sorted(stored)


def test_a_browser_cannot_follow_a_policy_of_memory_alone(memory_only):
    bob = api_of(make_user("Bob"))
    answer = bob.post("/api/v1/ingest-runs", {"policy": "basic"}, content_type="application/json")
    assert answer.status_code == 422
