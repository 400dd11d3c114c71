"""Bytes addressed by their SHA-256, written once, never changed.

On a file system an object appears by rename after fsync, so a reader never sees half of one
and two writers of the same bytes do no harm. The model workers hold the same layout
(`ml_worker/blobs.py`); golden tests keep the two equal.
"""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from backend.core.drafts import FULL, Draft, PassingDraft, StorageFull, flushers
from backend.core.errors import NotFound
from ml_worker.contract.messages import BlobRef

CHUNK_BYTES = 1 << 20
DRAFTS = "incoming"
SHA256_LETTERS = 64
SHA256_NAME = re.compile(r"[0-9a-f]{64}")


class BlobMissing(NotFound):
    """The store has no such object."""

    code = "blob.missing"


class BlobStore(Protocol):
    """What the rest of Limn may ask of storage."""

    def prepare(self) -> None:
        """Make the place where objects go, if it is not there."""

    def draft(self) -> Draft:
        """Begin a file that may become an object; raises StorageFull."""

    def passing(self, *, off_disk: bool = False) -> Draft:
        """Begin a file that is read and discarded; with `off_disk` it touches no disk."""

    def keep(self, draft: Draft) -> BlobRef:
        """Make a draft an object, durably; raises StorageFull."""

    def keep_all(self, drafts: Sequence[Draft]) -> list[BlobRef | StorageFull]:
        """Make drafts objects, all of them durably on return; tell each one's fate in order.

        A draft whose bytes were there already stays as it is, for the caller to discard.
        """

    def put(self, chunks: Iterable[bytes]) -> BlobRef:
        """Store the bytes durably and return where they are."""

    def exists(self, sha256: str) -> bool:
        """Tell whether the object is there."""

    def open(self, sha256: str) -> BinaryIO:
        """Open the object for reading; raises BlobMissing."""

    def read_range(self, sha256: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; raises BlobMissing."""

    def local_path(self, sha256: str) -> Path | None:
        """Return a file that sendfile can use, or None where there is none."""

    def delete(self, sha256: str) -> None:
        """Remove the object; a missing one is no error."""

    def chunks(self, sha256: str) -> Iterator[bytes]:
        """Yield the object's bytes in pieces; raises BlobMissing."""

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of the objects that begin with these two letters."""

    def strangers(self) -> Iterator[str]:
        """Yield what lies in the place but is no object, by its address there."""

    def older_than(self, seconds: float, prefix: str) -> Iterator[str]:
        """Yield objects that were written, or asked to be written again, longer ago than that."""

    def delete_older(self, sha256: str, seconds: float) -> bool:
        """Remove an object if it is still that old, safely beside who writes it anew."""

    def drop_drafts(self, seconds: float, is_needed: Callable[[set[str]], set[str]]) -> int:
        """Remove what was begun and never finished, or set aside, that long ago.

        `is_needed` tells which of the objects set aside a row speaks of by now; these come back.
        """


class FileBlobStore:
    """A folder: ``<root>/ab/cd/<sha256>``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _path(self, sha256: str) -> Path:
        return Path(f"{self._root}/{sha256[:2]}/{sha256[2:4]}/{sha256}")

    def prepare(self) -> None:
        """Make the folder."""
        self._root.mkdir(parents=True, exist_ok=True)

    def draft(self) -> Draft:
        """Begin a file beside the objects, so that a rename makes it one."""
        try:
            return Draft(self._root / DRAFTS)
        except OSError as error:
            raise StorageFull(FULL) from error

    def passing(self, *, off_disk: bool = False) -> Draft:
        """Begin a file that is read and discarded."""
        return PassingDraft(None if off_disk else self._root / DRAFTS)

    def keep(self, draft: Draft) -> BlobRef:
        """Give the draft its name: fsync, rename, fsync of the folder."""
        try:
            return kept(self.keep_all([draft])[0])
        finally:
            draft.discard()

    def keep_all(self, drafts: Sequence[Draft]) -> list[BlobRef | StorageFull]:
        """Give drafts their names; each folder is synced once, and the first takes the others along."""
        for draft in drafts:
            draft.flush_soon()
        folders: dict[Path, None] = {}
        fates = [self._keep(draft, folders) for draft in drafts]
        try:
            if len(folders) > 1:
                list(flushers().map(_sync_folder, folders))
            else:
                for folder in folders:
                    _sync_folder(folder)
        except OSError:
            return [StorageFull(FULL) for _ in drafts]
        return fates

    def _keep(self, draft: Draft, folders: dict[Path, None]) -> BlobRef | StorageFull:
        """Give one draft its name, and add the folders that are to be synced."""
        ref = draft.ref
        try:
            draft.was_there = self._is_renewed(ref.sha256)
            if not draft.was_there:
                draft.sync()
                self._name(draft.path, self._path(ref.sha256), folders)
        except OSError:
            return StorageFull(FULL)
        finally:
            if not draft.was_there:
                draft.discard()
        return ref

    def put(self, chunks: Iterable[bytes]) -> BlobRef:
        """Store the bytes."""
        return put(self, chunks)

    def _is_renewed(self, sha256: str) -> bool:
        """Tell whether the object is there; if so it counts as new, lest the sweeper takes it."""
        try:
            os.utime(self._path(sha256))
        except FileNotFoundError:
            return False
        return True

    def _name(self, source: Path, target: Path, folders: dict[Path, None]) -> None:
        parent = target.parent
        if not parent.exists():
            folders[parent.parent] = None
            if not parent.parent.exists():
                folders[self._root] = None
            parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        folders[parent] = None

    def exists(self, sha256: str) -> bool:
        """Tell whether the object is there."""
        return self._path(sha256).exists()

    def open(self, sha256: str) -> BinaryIO:
        """Open the object for reading."""
        try:
            return self._path(sha256).open("rb", buffering=0)
        except FileNotFoundError:
            raise BlobMissing("The stored file is missing.") from None

    def read_range(self, sha256: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`."""
        with self.open(sha256) as file:
            return os.pread(file.fileno(), length, offset)

    def local_path(self, sha256: str) -> Path | None:
        """Return the object's file."""
        return self._path(sha256)

    def delete(self, sha256: str) -> None:
        """Remove the object's file."""
        self._path(sha256).unlink(missing_ok=True)

    def chunks(self, sha256: str) -> Iterator[bytes]:
        """Yield the object's bytes in pieces."""
        with self.open(sha256) as file:
            yield from file_chunks(file)

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of the objects that begin with these two letters, in order."""
        for folder in sorted((self._root / prefix).glob("*")):
            yield from sorted(path.name for path in folder.glob("*") if self._is_object(path))

    def strangers(self) -> Iterator[str]:
        """Yield what lies in the folder but is no object, drafts aside."""
        for path in sorted(self._root.rglob("*")):
            place = path.relative_to(self._root)
            if place.parts[0] != DRAFTS and path.is_file() and not self._is_object(path):
                yield str(place)

    def _is_object(self, path: Path) -> bool:
        return bool(SHA256_NAME.fullmatch(path.name)) and path == self._path(path.name)

    def older_than(self, seconds: float, prefix: str) -> Iterator[str]:
        """Yield objects that were written, or asked to be written again, longer ago than that."""
        before = time.time() - seconds
        for path in (self._root / prefix).glob("*/*"):
            if _is_older(path, before) and self._is_object(path):
                yield path.name

    def delete_older(self, sha256: str, seconds: float) -> bool:
        """Remove an object if it is still that old; return whether it was removed.

        Who writes the same bytes at this moment either renews the file in time, and it comes back,
        or finds it gone and writes it anew.
        """
        path, aside = self._path(sha256), self._root / DRAFTS / f"swept-{sha256}"
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            path.replace(aside)
        except FileNotFoundError:
            return False
        is_old = _is_older(aside, time.time() - seconds)
        if not is_old:
            aside.replace(path)
        aside.unlink(missing_ok=True)
        return is_old

    def drop_drafts(
        self,
        seconds: float,
        is_needed: Callable[[set[str]], set[str]],  # noqa: ARG002  the protocol's signature
    ) -> int:
        """Remove files that somebody began to write that long ago and never finished."""
        before = time.time() - seconds
        old = [path for path in (self._root / DRAFTS).glob("*") if _is_older(path, before)]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


@lru_cache(maxsize=1)
def blob_store() -> BlobStore:
    """Return the store that the settings name."""
    address = settings.LIMN_BLOBS
    if address.startswith("s3://"):
        from backend.core.blobs_s3 import S3BlobStore  # boto3 only where it is used  # noqa: PLC0415

        return S3BlobStore(address)
    return FileBlobStore(Path(address))


def file_chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file's bytes in pieces, so that memory stays flat."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def put(store: BlobStore, chunks: Iterable[bytes]) -> BlobRef:
    """Write a draft and keep it."""
    draft = store.draft()
    try:
        for chunk in chunks:
            draft.write(chunk)
    except BaseException:
        draft.discard()
        raise
    return store.keep(draft)


def kept(fate: BlobRef | StorageFull) -> BlobRef:
    """Return what a draft became; raises what kept it from becoming that."""
    if isinstance(fate, StorageFull):
        raise fate
    return fate


def _is_older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
