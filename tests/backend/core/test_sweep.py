"""Only what no row could speak of is ever removed."""

import os
import time

import pytest

from backend.core import blobs, sweep
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.models import Job
from backend.core.services import job_create
from backend.imaging.models import Instance
from backend.imaging.services import ingest_paths
from fixtures.phantoms import phantom

pytestmark = pytest.mark.django_db
OLD = sweep.GRACE_SECONDS + 3600


@pytest.fixture(autouse=True)
def own_store(settings, tmp_path):
    settings.LIMN_BLOBS = str(tmp_path / "blobs")
    blobs.blob_store.cache_clear()
    yield
    blobs.blob_store.cache_clear()


def swept(**how):
    return sum(each.is_removed for each in sweep.storage_sweep(**how))


def age(sha256, seconds=OLD):
    then = time.time() - seconds
    os.utime(blob_store().local_path(sha256), (then, then))


def put(content, seconds=OLD):
    ref = blob_store().put([content])
    age(ref.sha256, seconds)
    return ref.sha256


def test_an_old_file_that_nothing_refers_to_goes_and_a_young_one_stays():
    old, young = put(b"old"), put(b"young", seconds=3600)

    assert swept() == 1
    assert not blob_store().exists(old)
    assert blob_store().exists(young)


def test_what_any_row_speaks_of_stays(tmp_path):
    ingest_paths(actor=Actor.system(), paths=[phantom("axial", tmp_path / "in").paths[0].parent])
    named = list(Instance.objects.values_list("blob_sha256", flat=True))
    in_request = put(b"labels of a job")
    job_create(
        actor=Actor.system(),
        kind="any",
        queue="ml",
        request={"items": [{"labels": {"sha256": in_request, "size": 15}}]},
    )
    for sha256 in named:
        age(sha256)

    assert swept() == 0
    assert all(blob_store().exists(sha256) for sha256 in [*named, in_request])

    Job.objects.all().delete()
    assert swept() == 1
    assert not blob_store().exists(in_request)


def test_bytes_that_are_written_again_meanwhile_stay(monkeypatch):
    sha256 = put(b"found again")
    referred_to = sweep.blobs_referred_to

    def written_while_looking(hashes):
        found = referred_to(hashes)
        blob_store().put([b"found again"])
        return found

    monkeypatch.setattr(sweep, "blobs_referred_to", written_while_looking)

    assert swept() == 0
    assert blob_store().read_range(sha256, 0, 5) == b"found"


def test_nothing_is_removed_beside_a_database_that_knows_nothing(caplog, monkeypatch):
    monkeypatch.setattr(sweep, "_SUSPICIOUS", 2)
    contents = [b"%d" % n for n in range(300)]
    kept = [put(content) for content in contents]
    number = int(max(kept, key=lambda one: sum(one[:2] == other[:2] for other in kept))[:2], 16)

    assert swept(slices=[number]) == 0
    assert "knows none" in caplog.text


def test_files_that_were_begun_and_never_finished_go(tmp_path):
    begun = blob_store().draft()
    begun.write(b"half a file")
    fresh = blob_store().draft()
    then = time.time() - sweep.DRAFT_SECONDS - 60
    os.utime(begun.path, (then, then))

    swept(slices=[])

    assert not begun.path.exists()
    assert fresh.path.exists()
