"""The store of bytes: named by content, whole or not there at all."""

import hashlib
import os

import pytest

from backend.core.blobs import BlobMissing, FileBlobStore
from backend.core.drafts import SMALL, StorageFull


@pytest.fixture
def store(tmp_path):
    return FileBlobStore(tmp_path / "blobs")


def files_under(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_draft_becomes_an_object_and_leaves_nothing_beside_it(store, tmp_path):
    draft = store.draft()
    draft.write(b"some ")
    draft.write(memoryview(b"bytes"))
    draft.flush_soon()

    ref = store.keep(draft)

    assert ref.sha256 == hashlib.sha256(b"some bytes").hexdigest()
    assert ref.size == 10
    assert files_under(tmp_path) == [store.local_path(ref.sha256)]
    assert store.read_range(ref.sha256, 5, 3) == b"byt"


def test_a_draft_that_is_dropped_is_gone(store, tmp_path):
    draft = store.draft()
    draft.write(b"x" * 1000)

    draft.discard()
    draft.discard()

    assert files_under(tmp_path) == []


def test_the_same_bytes_are_kept_once_and_count_as_new(store):
    first = store.put([b"same"])
    path = store.local_path(first.sha256)
    os.utime(path, (0, 0))

    second = store.put([b"sa", b"me"])

    assert second == first
    assert path.stat().st_mtime > 1_000_000_000


def test_a_source_that_fails_leaves_nothing(store, tmp_path):
    def chunks():
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.put(chunks())

    assert files_under(tmp_path) == []
    with pytest.raises(BlobMissing):
        store.open(hashlib.sha256(b"half").hexdigest())


def test_a_small_file_that_is_written_anew_touches_no_disk(store, tmp_path):
    draft = store.passing()
    draft.write(b"small")

    assert draft.path.read_bytes() == b"small"
    assert files_under(tmp_path) == []
    assert draft.ref.sha256 == hashlib.sha256(b"small").hexdigest()
    draft.discard()
    draft.discard()


def test_a_large_one_goes_to_the_disk_and_leaves_nothing_there(store, tmp_path):
    draft = store.passing()
    draft.write(b"a" * SMALL)
    draft.write(b"b")

    assert files_under(tmp_path) == [draft.path]
    assert draft.path.read_bytes() == b"a" * SMALL + b"b"
    draft.discard()
    assert files_under(tmp_path) == []


@pytest.mark.parametrize("size", [5, SMALL + 5])
def test_one_that_is_to_last_after_all_becomes_an_object(store, tmp_path, size):
    draft = store.passing()
    draft.write(b"x" * size)

    ref = store.keep(draft)

    assert ref.size == size
    assert files_under(tmp_path) == [store.local_path(ref.sha256)]
    assert store.local_path(ref.sha256).read_bytes() == b"x" * size


def test_what_may_touch_no_disk_cannot_become_an_object(store, tmp_path):
    draft = store.passing(off_disk=True)
    draft.write(b"x" * (SMALL + 5))

    with pytest.raises(StorageFull):
        store.keep(draft)

    assert files_under(tmp_path) == []
