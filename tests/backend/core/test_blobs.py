"""The store of bytes: named by content, whole or not there at all."""

import hashlib
import os

import pytest

from backend.core.blobs import BlobMissing, FileBlobStore


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
