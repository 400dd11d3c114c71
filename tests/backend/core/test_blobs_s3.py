"""The store on a server that speaks S3, over HTTP."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from backend.core import blobs, blobs_s3, sweep
from backend.core.actor import Actor
from backend.core.blobs import BlobMissing, blob_store
from backend.imaging.models import Instance
from backend.imaging.selectors.frames import local_file
from backend.imaging.services import ingest_paths
from fixtures.phantoms import phantom

pytestmark = pytest.mark.django_db
server = pytest.importorskip("moto.server", reason="moto, the S3 server of these tests")
OLD = sweep.GRACE_SECONDS + 3600


@pytest.fixture(scope="module")
def endpoint():
    running = server.ThreadedMotoServer(port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def store(settings, tmp_path, endpoint, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    settings.LIMN_S3_ENDPOINT = endpoint
    settings.LIMN_BLOBS = f"s3://limn-{tmp_path.name.lower().replace('_', '-')[-40:]}/lab"
    settings.LIMN_UPLOADS = tmp_path / "uploads"
    settings.LIMN_CACHE = tmp_path / "cache"
    settings.LIMN_DATA = tmp_path
    blobs.blob_store.cache_clear()
    blob_store().prepare()
    yield blob_store()
    blobs.blob_store.cache_clear()


@pytest.fixture
def later(monkeypatch):
    """Let the store believe that a week and an hour have passed."""

    def pass_by(seconds=OLD):
        moment = timezone.now() + timedelta(seconds=seconds)
        monkeypatch.setattr(blobs_s3.timezone, "now", lambda: moment)

    return pass_by


def swept(ref, **how):
    """Sweep the part of the store that this object is in."""
    found = sweep.storage_sweep(slices=[int(ref.sha256[:2], 16)], **how)
    return [each.sha256 for each in found if each.is_removed]


def test_bytes_come_back_as_they_were(store, tmp_path):
    content = bytes(range(256)) * 5000

    ref = store.put([content[:7], content[7:]])

    assert ref.sha256 == hashlib.sha256(content).hexdigest()
    assert store.exists(ref.sha256)
    with store.open(ref.sha256) as file:
        assert file.read() == content
    assert store.read_range(ref.sha256, 1000, 300) == content[1000:1300]
    assert b"".join(store.chunks(ref.sha256)) == content
    assert list(store.names(ref.sha256[:2])) == [ref.sha256]
    assert list(store.strangers()) == []
    assert list((tmp_path / "uploads").iterdir()) == []
    store.delete(ref.sha256)
    assert not store.exists(ref.sha256)
    with pytest.raises(BlobMissing):
        store.open(ref.sha256)


def test_a_delivery_is_stored_once_and_served(store, tmp_path):
    paths = phantom("axial", tmp_path / "in").paths

    first = ingest_paths(actor=Actor.system(), paths=[paths[0].parent])
    again = ingest_paths(actor=Actor.system(), paths=[paths[0].parent])

    assert (first.counts["stored"], again.counts["duplicate"]) == (12, 12)
    stored = set(Instance.objects.values_list("blob_sha256", flat=True))
    assert stored == {name for each in stored for name in store.names(each[:2])}
    shown = local_file(Instance.objects.first().blob_sha256).read_bytes()
    assert hashlib.sha256(shown).hexdigest() in stored


def test_what_nothing_refers_to_is_set_aside_and_goes_a_day_later(store, later):
    ref = store.put([b"nobody's"])
    assert swept(ref) == []

    later()
    assert swept(ref, only_look=True) == []
    assert store.exists(ref.sha256)
    assert swept(ref) == [ref.sha256]
    assert not store.exists(ref.sha256)
    assert b"".join(store.chunks(ref.sha256)) == b"nobody's"  # asked for: it comes back
    assert store.exists(ref.sha256)

    assert swept(ref) == [ref.sha256]
    later(OLD + sweep.DRAFT_SECONDS + 3600)
    assert swept(ref) == []
    with pytest.raises(BlobMissing):
        store.open(ref.sha256)


def test_what_a_row_speaks_of_by_now_comes_back(store, later, tmp_path, monkeypatch):
    """Somebody was about to speak of it when it was set aside."""
    path = phantom("axial", tmp_path / "in").paths[0]
    ref = store.put([path.read_bytes()])
    later()
    referred_to = sweep.blobs_referred_to
    monkeypatch.setattr(sweep, "blobs_referred_to", lambda names: referred_to(names) - {ref.sha256})
    monkeypatch.setattr(
        blobs_s3.S3BlobStore,
        "_copy",
        taken_in_meanwhile(blobs_s3.S3BlobStore._copy, path, ref.sha256),
    )
    assert swept(ref) == [ref.sha256]
    monkeypatch.undo()

    assert swept(ref) == []

    assert Instance.objects.get().blob_sha256 == ref.sha256
    assert store.exists(ref.sha256)


def taken_in_meanwhile(copy, path, sha256):
    """Return a copy in whose middle a delivery speaks of the object."""

    def copied(store, source, target):
        copy(store, source, target)
        if blobs_s3.ASIDE in target and not Instance.objects.exists():
            run = ingest_paths(actor=Actor.system(), paths=[path])
            assert run.counts["stored"] == 1

    return copied


def test_an_object_that_is_written_again_counts_as_new(store, later):
    ref = store.put([b"again"])
    changed = store._changed(store._place(ref.sha256))
    later(blobs_s3.RENEWED_AFTER.total_seconds() + 3600)

    store.put([b"again"])

    assert store._changed(store._place(ref.sha256)) >= changed
    assert store.exists(ref.sha256)
