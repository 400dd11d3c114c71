"""The store looked after: verified, cleaned, backed up and restored, by doing each."""

import gzip
import json
import os
import shutil
import time

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from backend.annotations.models import Document, MaskBlob, Revision
from backend.annotations.selectors import state_of
from backend.api.selectors.blob_owners import owners
from backend.api.services import verify as verifying
from backend.api.services.backup import archive_backup, snapshots
from backend.api.services.restore import archive_restore
from backend.core import blobs, sweep, tables
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.errors import Conflict, Invalid
from backend.imaging.models import Instance
from backend.imaging.selectors.frames import frame_bytes, frame_source
from backend.imaging.services import ingest_paths
from backend.inference.models import ModelVersion
from fixtures.phantoms import phantom
from tests.permissions.world import make_world

# Hashes of other things than objects of the store, each with what it is of.
NOT_OBJECTS = {
    "accounts_apitoken.secret_sha256",
    "accounts_signinfailures.key_sha256",
    "annotations_maskblob.sha256",  # lies in the database, and is verified there
    "audit_auditseal.previous_sha256",
    "audit_auditseal.sha256",
    "imaging_ingestitem.sha256",  # of waiting files only; of others it says what was sent
}


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.LIMN_DATA = tmp_path / "data"
    settings.LIMN_BLOBS = str(tmp_path / "blobs")
    settings.LIMN_CACHE = tmp_path / "cache"
    settings.LIMN_UPLOADS = tmp_path / "uploads"
    blobs.blob_store.cache_clear()
    yield tmp_path / "blobs"
    blobs.blob_store.cache_clear()


@pytest.fixture
def world(db, tmp_path):
    return make_world(tmp_path / "in")


def archive(capsys, *words):
    """Run the command; return its exit code and its document."""
    try:
        call_command("archive", *map(str, words), "--json")
        code = 0
    except SystemExit as end:
        code = end.code
    return code, json.loads(capsys.readouterr().out)


def harm(sha256):
    path = blob_store().local_path(sha256)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def age(sha256, seconds=sweep.GRACE_SECONDS + 60):
    then = time.time() - seconds
    os.utime(blob_store().local_path(sha256), (then, then))


def test_every_column_that_names_objects_has_an_owner():
    named = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if (field.column or "").endswith("sha256")
    }
    owned = {f"{owner.place[0]._meta.db_table}.{owner.place[1]}" for owner in owners()}

    assert named - owned <= NOT_OBJECTS
    assert owned <= named


def test_a_sound_store_is_found_whole(world, capsys, store):
    code, found = archive(capsys, "verify")

    assert (code, found["is_whole"]) == (0, True)
    assert found["objects"] == sum(path.is_file() for path in store.glob("??/??/*"))
    assert found["masks"] == MaskBlob.objects.count() > 0
    assert found["damaged"] == found["missing"] == found["strangers"] == []


def test_damaged_missing_and_orphan_objects_are_named_with_whose_they_are(world, capsys, store):
    first, second = Instance.objects.select_related("series__study").order_by("pk")[:2]
    weights = ModelVersion.objects.select_related("model").first()
    harm(first.blob_sha256)
    blob_store().delete(second.blob_sha256)
    harm(weights.weights_sha256)
    orphan = blob_store().put([b"nobody's"])
    (store / "00" / "notes.txt").parent.mkdir(exist_ok=True)
    (store / "00" / "notes.txt").write_text("x")

    code, found = archive(capsys, "verify")

    assert code == 1
    damaged = {fault["sha256"]: fault["belongs_to"] for fault in found["damaged"]}
    study = first.series.study.uid
    assert f"instance {first.sop_uid} of study {study}" in damaged[first.blob_sha256]
    assert any(
        f"weights of model {weights.model.name}" in word for word in damaged[weights.weights_sha256]
    )
    (missing,) = found["missing"]
    assert missing["sha256"] == second.blob_sha256
    assert f"instance {second.sop_uid}" in missing["belongs_to"][0]
    assert found["orphans"] == [orphan.sha256]
    assert found["strangers"] == ["00/notes.txt"]


def test_mask_frames_in_the_database_are_hashed_too(world, capsys):
    mask = MaskBlob.objects.first()
    MaskBlob.objects.filter(pk=mask.pk).update(data=bytes(mask.data) + b"x")
    MaskBlob.objects.create(sha256="0" * 64, data=b"nobody's")
    revision = Revision.objects.filter(delta__icontains=mask.pk).first()

    code, found = archive(capsys, "verify")

    assert code == 1
    assert found["damaged"][0]["sha256"] == mask.pk
    whose = f"revision {revision.number} of document {revision.document_id}"
    assert whose in found["damaged"][0]["belongs_to"]
    assert found["orphan_masks"] == 1

    MaskBlob.objects.filter(pk=mask.pk).delete()
    assert archive(capsys, "verify")[1]["missing"][0]["sha256"] == mask.pk


def test_one_that_broke_off_is_gone_on_with(world, capsys, monkeypatch):
    part = verifying._verify_part
    names = sorted(Instance.objects.values_list("blob_sha256", flat=True))
    harm(names[0])

    def broken(prefix, *rest):
        if prefix > names[-1][:2]:
            raise KeyboardInterrupt
        part(prefix, *rest)

    monkeypatch.setattr(verifying, "_verify_part", broken)
    with pytest.raises(KeyboardInterrupt):
        verifying.archive_verify()
    seen = []
    monkeypatch.setattr(verifying, "_verify_part", lambda p, *a: (seen.append(p), part(p, *a)))

    code, found = archive(capsys, "verify", "--resume")

    assert code == 1
    assert [fault["sha256"] for fault in found["damaged"]] == [names[0]]
    assert seen == [f"{n:02x}" for n in range(int(names[-1][:2], 16) + 1, 256)]


def test_it_can_be_held_to_a_pace(db):
    ref = blob_store().put([bytes(200_000)])
    began = time.monotonic()

    verifying.archive_verify(bytes_a_second=1_000_000)

    assert time.monotonic() - began > 0.2
    assert blob_store().exists(ref.sha256)


def test_gc_looks_first_and_removes_only_when_told(db, capsys):
    old, young = (blob_store().put([content]).sha256 for content in (b"old", b"young"))
    age(old)

    assert archive(capsys, "gc")[1] == {"orphans": [old], "removed": []}
    assert blob_store().exists(old)
    assert archive(capsys, "gc", "--delete")[1] == {"orphans": [old], "removed": [old]}
    assert [blob_store().exists(each) for each in (old, young)] == [False, True]
    with pytest.raises(CommandError, match="An hour of grace is the least"):
        call_command("archive", "gc", "--delete", "--grace-hours", "0.1")
    assert blob_store().exists(young)


def pictures():
    """Return every frame that is served, as bytes."""
    found = {}
    for pk, count in Instance.objects.filter(frame_count__gt=0).values_list("pk", "frame_count"):
        for number in range(1, count + 1):
            place = frame_bytes(frame_source(pk), number).place
            content = place.path.read_bytes()[place.offset : place.offset + place.length]
            found[f"{pk}.{number}"] = content
    return found


def labels():
    return {
        str(document.pk): state_of(document).model_dump(mode="json")
        for document in Document.objects.all()
    }


def rows(folder):
    """Return the lines of every table."""
    shutil.rmtree(folder, ignore_errors=True)
    tables.tables_write(folder)
    return {
        path.name: sorted(gzip.decompress(path.read_bytes()).splitlines())
        for path in folder.iterdir()
    }


def wipe(store, settings):
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(store)
    shutil.rmtree(settings.LIMN_CACHE, ignore_errors=True)
    blobs.blob_store.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_a_wiped_installation_comes_back_as_it_was(tmp_path, store, settings, capsys):
    make_world(tmp_path / "in")
    before = (pictures(), labels(), rows(tmp_path / "rows"), tables.sequences())
    assert len(before[0]) > 20
    assert any(state["masks"] for state in before[1].values())

    code, made = archive(capsys, "backup", tmp_path / "backup")
    assert (code, made["lost"]) == (0, {})
    wipe(store, settings)
    assert (Document.objects.count(), Instance.objects.count()) == (0, 0)
    code, done = archive(capsys, "restore", tmp_path / "backup")

    assert (code, done["lost"], done["advice"]) == (0, [], [])
    assert done["verified"]["is_whole"]
    assert (pictures(), labels(), rows(tmp_path / "rows"), tables.sequences()) == before
    assert done["objects"] == made["objects"]
    with pytest.raises(CommandError, match=r"This installation is not empty \(.*2 studies"):
        call_command("archive", "restore", str(tmp_path / "backup"))


@pytest.mark.django_db(transaction=True)
def test_people_go_on_working_and_the_next_backup_copies_only_what_is_new(
    tmp_path, store, settings
):
    axial = phantom("axial", tmp_path / "in" / "a").paths
    oblique = phantom("oblique", tmp_path / "in" / "b").paths
    ingest_paths(actor=Actor.system(), paths=list(axial))

    def meanwhile(_words):
        ingest_paths(actor=Actor.system(), paths=list(oblique))

    first = archive_backup(target=tmp_path / "backup", say=meanwhile)
    second = archive_backup(target=tmp_path / "backup")
    third = archive_backup(target=tmp_path / "backup")

    assert (first.objects, first.copied) == (12, 12)
    assert (second.objects, second.copied) == (24, 12)
    assert (third.objects, third.copied) == (24, 0)
    wipe(store, settings)
    done = archive_restore(target=tmp_path / "backup", moment=first.snapshot)
    assert (done.objects, Instance.objects.count()) == (12, 12)


@pytest.mark.django_db(transaction=True)
def test_old_backups_go_with_the_objects_that_only_they_had(tmp_path, capsys):
    ingest_paths(actor=Actor.system(), paths=list(phantom("axial", tmp_path / "in").paths))
    archive_backup(target=tmp_path / "backup")
    gone = Instance.objects.order_by("pk").first().blob_sha256
    Instance.objects.filter(blob_sha256=gone).delete()

    _, made = archive(capsys, "backup", tmp_path / "backup", "--keep", "1")

    assert len(made["removed_snapshots"]) == 1
    assert snapshots(tmp_path / "backup") == [made["snapshot"]]
    kept = blobs.FileBlobStore(tmp_path / "backup" / "objects")
    assert not kept.exists(gone)
    assert made["objects"] == 11


@pytest.mark.django_db(transaction=True)
def test_what_the_store_has_lost_is_told_and_all_else_is_saved(tmp_path, store, settings, capsys):
    ingest_paths(actor=Actor.system(), paths=list(phantom("axial", tmp_path / "in").paths))
    first, second = Instance.objects.order_by("pk")[:2]
    harm(first.blob_sha256)
    blob_store().delete(second.blob_sha256)

    code, made = archive(capsys, "backup", tmp_path / "backup")

    assert code == 1
    assert set(made["lost"]) == {first.blob_sha256, second.blob_sha256}
    assert f"instance {second.sop_uid}" in made["lost"][second.blob_sha256][0]
    wipe(store, settings)
    code, done = archive(capsys, "restore", tmp_path / "backup")
    assert code == 1
    assert {fault["sha256"] for fault in done["verified"]["missing"]} == set(made["lost"])


@pytest.mark.django_db(transaction=True)
def test_a_damaged_backup_restores_nothing(tmp_path, store, settings):
    ingest_paths(actor=Actor.system(), paths=list(phantom("axial", tmp_path / "in").paths))
    name = Instance.objects.first().blob_sha256
    backup = tmp_path / "backup"
    moment = archive_backup(target=backup).snapshot
    wipe(store, settings)

    kept = backup / "objects" / name[:2] / name[2:4] / name
    sound = kept.read_bytes()
    kept.write_bytes(sound[:-1])
    with pytest.raises(Invalid, match=f"1 objects of the backup are missing or damaged.*{name}"):
        archive_restore(target=backup)
    kept.write_bytes(sound)

    rows_of = backup / "snapshots" / moment / "tables" / "imaging_study.copy.gz"
    told = rows_of.read_bytes()
    rows_of.write_bytes(told[:-2])
    with pytest.raises(Conflict, match=r"damaged: imaging_study.copy.gz. Nothing was restored"):
        archive_restore(target=backup)
    rows_of.write_bytes(told)

    manifest = backup / "snapshots" / moment / "manifest.json"
    document = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**document, "migrations": document["migrations"][:-1]}))
    with pytest.raises(Conflict, match="Install that version, restore into it, and upgrade"):
        archive_restore(target=backup)
    manifest.write_text(json.dumps(document))
    assert Instance.objects.count() == 0

    assert archive_restore(target=backup).objects == 12


@pytest.mark.django_db(transaction=True)
def test_the_key_comes_back_too(tmp_path, store, settings):
    backup = tmp_path / "backup"
    archive_backup(target=backup)
    archive_backup(target=backup, with_key=False)
    with_key, without = snapshots(backup)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 9

    (advice,) = archive_restore(target=backup, moment=without).advice
    assert "Set LIMN_DEID_KEY to that of the old installation" in advice
    (advice,) = archive_restore(target=backup, moment=with_key).advice
    place = settings.LIMN_DATA / "secrets" / "deid-key"
    assert (place.read_text(), place.stat().st_mode & 0o777) == (old, 0o600)
    assert str(place) in advice
    assert (backup / "snapshots" / with_key / "key.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db(transaction=True)
def test_one_that_breaks_off_is_no_backup(tmp_path, monkeypatch):
    monkeypatch.setattr("backend.api.services.backup._copy_objects", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        archive_backup(target=tmp_path / "backup")

    assert snapshots(tmp_path / "backup") == []
    assert list((tmp_path / "backup" / "snapshots").iterdir()) == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("read committed",)
