"""What is not DICOM under a de-identification policy: converted first, cleared then, never kept."""

import json
import tarfile
import zipfile

import nibabel as nib
import numpy as np
import py7zr
import pytest
from PIL import Image, ImageDraw

from backend.core import drafts
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.imaging.domain.deidentify.policy import PRESETS
from backend.imaging.domain.messages_deid import PolicyIn, QuarantineDecisionIn
from backend.imaging.models import Grid, IngestItem, Instance, QuarantinedFile, SourceFile, Study
from backend.imaging.services import ingest_paths
from backend.imaging.services.deid import policy_add
from backend.imaging.services.quarantine import quarantine_decide
from tests.backend.imaging.converted import AFFINES, speckle

pytestmark = pytest.mark.django_db
SHAPE_IJK = (9, 8, 5)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "delivery"
    place.mkdir()
    return place


def bring(folder, policy="basic"):
    return ingest_paths(actor=Actor.system(), paths=[folder], policy=policy)


def fates(run):
    return {item.code: item for item in IngestItem.objects.filter(run=run)}


def in_store():
    """Return all bytes of the store."""
    root = blob_store()._root
    return b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())


def test_a_volume_and_its_patient_come_in_without_the_patient(folder):
    image = nib.Nifti1Image(speckle(SHAPE_IJK, np.int16), AFFINES["oblique"])
    image.header["descrip"] = b"Mustermann Erika"
    nib.save(image, folder / "Mustermann.nii")
    words = {"PatientID": "4711", "PatientName": "Mustermann^Erika", "StudyDate": "20240501"}
    (folder / "Mustermann.json").write_text(json.dumps(words))

    run = bring(folder)

    run.refresh_from_db()
    found = fates(run)
    assert set(found) == {"imaging.converted", "imaging.side_used"}
    assert all(item.name.startswith("file-") and not item.sha256 for item in found.values())
    study = Study.objects.select_related("patient").get()
    assert study.patient.patient_id.startswith("LIMN-")
    assert "ustermann" not in study.patient.name
    assert Grid.objects.get().frame_count == 5
    assert SourceFile.objects.count() == 0
    assert run.report["files"] == 5
    for word in (b"Mustermann", b"4711", b"20240501"):
        assert word not in in_store()


def test_the_same_volume_again_is_a_duplicate(folder):
    nib.save(nib.Nifti1Image(speckle(SHAPE_IJK, np.int16), np.eye(4)), folder / "a.nii.gz")
    bring(folder)

    again = bring(folder)

    assert again.counts["duplicate"] == 1
    assert Instance.objects.count() == 5


def test_a_picture_with_text_waits_for_a_person_and_comes_in_then(folder, system):
    picture = Image.new("L", (512, 384), 30)
    draw = ImageDraw.Draw(picture)
    draw.text((20, 20), "MUSTERMANN ERIKA 01.02.1963", fill=255, font_size=24)
    picture.save(folder / "screen.png")

    run = bring(folder)

    (held,) = QuarantinedFile.objects.all()
    assert fates(run)["imaging.burned_in"].outcome == "quarantined"
    assert run.counts["quarantined"] == 1
    quarantine_decide(
        actor=system, file_id=held.pk, body=QuarantineDecisionIn(decision="redact", boxes=None)
    )
    run.refresh_from_db()
    assert (run.counts["quarantined"], run.counts["stored"]) == (0, 1)
    assert Instance.objects.count() == 1


def test_labels_are_not_kept_as_they_came(folder):
    (folder / "labels").mkdir()
    mask = speckle(SHAPE_IJK, np.uint8) % 3
    nib.save(nib.Nifti1Image(mask, AFFINES["oblique"]), folder / "labels" / "case.nii.gz")

    run = bring(folder)

    assert set(fates(run)) == {"imaging.policy_keeps_no_source"}
    assert SourceFile.objects.count() == 0
    assert in_store() == b""


@pytest.fixture
def strict(ada):
    """A policy under which nothing may touch the disk."""
    document = {**PRESETS["basic"].document(), "name": "strict", "memory_only": True, "version": 1}
    policy_add(actor=Actor(ada.pk, is_admin=True), body=PolicyIn(document=document))
    return "strict"


def test_where_nothing_may_touch_the_disk_only_dicom_is_taken(folder, strict):
    nib.save(nib.Nifti1Image(speckle(SHAPE_IJK, np.int16), np.eye(4)), folder / "a.nii")
    (folder / "letter.txt").write_text("Dear colleague")

    run = bring(folder, strict)

    assert set(fates(run)) == {"imaging.policy_takes_dicom", "imaging.not_dicom"}
    assert in_store() == b""


def test_members_of_archives_are_unpacked_into_memory(folder, strict, make_phantom, monkeypatch):
    paths = make_phantom("axial").paths
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(paths[0], "one.dcm")
    with tarfile.open(folder / "b.tar", "w") as archive:
        archive.add(paths[1], "two.dcm")
    with py7zr.SevenZipFile(folder / "c.7z", "w") as archive:
        archive.write(paths[2], "three.dcm")
    written = []
    append = drafts.Draft._append

    def watched(draft, data):
        if not str(draft.path).startswith("/proc/"):
            written.append(bytes(data))
        return append(draft, data)

    monkeypatch.setattr(drafts.Draft, "_append", watched)

    run = bring(folder, strict)

    assert run.counts["stored"] == 2
    assert set(fates(run)) == {"", "imaging.policy_unpacks_in_memory"}
    assert written
    assert b"LIMN-PHANTOM" not in b"".join(written)
