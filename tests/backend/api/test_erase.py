"""A patient erased: out of every room, with a proof that looks again."""

import json
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from backend.annotations.models import Document, MaskBlob, Revision
from backend.api.services import erase
from backend.api.services.erase import patient_erase
from backend.audit.models import AuditEvent
from backend.core import blobs
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.errors import Forbidden, NotFound
from backend.exports.models import Export
from backend.imaging.models import Grid, Instance, Patient
from backend.releases.models import Release
from backend.worklists.models import Task
from tests.permissions.world import make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(settings, tmp_path):
    settings.LIMN_BLOBS = str(tmp_path / "blobs")
    settings.LIMN_CACHE = tmp_path / "cache"
    settings.LIMN_UPLOADS = tmp_path / "uploads"
    blobs.blob_store.cache_clear()
    yield tmp_path
    blobs.blob_store.cache_clear()


@pytest.fixture
def world(store):
    return make_world(store / "in")


def patient_of(world):
    return Grid.objects.get(pk=world.ids["grid_id"]).series.study.patient


def test_a_patient_goes_from_every_room(world, store):
    patient = patient_of(world)
    shas = set(
        Instance.objects.filter(series__study__patient=patient).values_list(
            "blob_sha256", flat=True
        )
    )
    grids = list(Grid.objects.filter(series__study__patient=patient).values_list("pk", flat=True))
    first = min(shas)
    kept = [
        store / "cache" / "thumbnails" / f"{grids[0]}.webp",
        store / "cache" / "transcoded" / first[:2] / f"{first}.1.2.840.10008.1.2.1",
        store / "cache" / "htj2k" / first[:2] / f"{first}.1",
    ]
    others = store / "cache" / "renditions" / "00" / f"{'0' * 64}.1"
    for path in (*kept, others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a picture")
    admin = Actor(world.people["admin"].pk, is_admin=True)
    proof = patient_erase(actor=admin, patient_id=patient.pk, reason="consent withdrawn")
    assert proof.holds, proof.left
    assert proof.removed["instances"] == len(shas)
    assert proof.removed["revisions"] > 0
    assert proof.removed["masks"] > 0
    assert not Patient.objects.filter(pk=patient.pk).exists()
    assert not any(blob_store().exists(sha256) for sha256 in shas)
    assert not any(path.exists() for path in kept)
    assert others.exists()
    assert not Document.objects.filter(grid__in=grids).exists()
    assert not Task.objects.filter(unit__grid__in=grids).exists()
    verbs = AuditEvent.objects.filter(target_id=str(patient.pk)).values_list("verb", flat=True)
    assert {"patient.erased", "patient.erasure_proved"} <= set(verbs)


def test_releases_say_so_and_their_archives_go(world):
    patient = patient_of(world)
    release = Release.objects.filter(items__patient=patient).distinct().first()
    before = release.checksum
    proof = patient_erase(actor=Actor.system(), patient_id=patient.pk, reason="consent withdrawn")
    release.refresh_from_db()
    assert str(release.pk) in proof.releases_marked
    assert release.name.endswith(erase.ERASED)
    assert release.checksum != before
    assert not Export.objects.filter(release=release).exists()


def test_other_patients_stay_whole(world):
    patient = patient_of(world)
    others = Instance.objects.exclude(series__study__patient=patient)
    shas = set(others.values_list("blob_sha256", flat=True))
    revisions = Revision.objects.exclude(document__grid__series__study__patient=patient).count()
    patient_erase(actor=Actor.system(), patient_id=patient.pk, reason="consent withdrawn")
    assert set(Instance.objects.values_list("blob_sha256", flat=True)) == shas
    assert all(blob_store().exists(sha256) for sha256 in shas)
    assert Revision.objects.count() == revisions
    used = set()
    for delta in Revision.objects.values_list("delta", flat=True):
        used |= set(filter(None, delta.get("masks", {}).values()))
    assert used <= set(MaskBlob.objects.values_list("pk", flat=True))


def test_only_administrators_erase_and_only_who_is_there(world):
    with pytest.raises(Forbidden):
        patient_erase(actor=Actor(world.people["owner"].pk), patient_id=uuid4(), reason="no")
    with pytest.raises(NotFound):
        patient_erase(actor=Actor.system(), patient_id=uuid4(), reason="a test")


def test_the_command_prints_the_proof(world, capsys):
    patient = patient_of(world)
    call_command("erase", str(patient.pk), reason="consent withdrawn")
    proof = json.loads(capsys.readouterr().out)
    assert proof["holds"] is True
    assert proof["patient"] == str(patient.pk)
    with pytest.raises(CommandError, match="no such patient"):
        call_command("erase", str(patient.pk), reason="again")
