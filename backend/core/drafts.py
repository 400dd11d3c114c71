"""Files on their way into the store: hashed while they are written, on the disk or in memory."""

import hashlib
import os
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

from backend.core.errors import Unavailable
from ml_worker.contract.messages import BlobRef

MOST_IN_MEMORY = 256 << 20
SMALL = 8 << 20
_FLUSHERS = 4
FULL = "The storage could not take the file; nothing was stored."


class StorageFull(Unavailable):
    """The disk has no room; nothing was stored."""

    code = "storage.full"


class Draft:
    """A file on its way into the store: hashed while it is written, an object once it is kept.

    The bytes are written once: a folder keeps a draft by giving the very file its name.
    """

    def __init__(self, folder: Path) -> None:
        self._begin(*_opened(folder))

    def _begin(self, path: Path, file: FileIO) -> None:
        self.path, self._file = path, file
        self._digest = hashlib.sha256()
        self._size = 0
        self._flushing: Future[None] | None = None
        self.was_there = False  # whether the store had these bytes already when it was to keep them

    def write(self, data: bytes | memoryview) -> int:
        """Add bytes; raises StorageFull."""
        self._digest.update(data)
        return self._append(data)

    def _append(self, data: bytes | memoryview) -> int:
        try:
            written = self._file.write(data)
            while written < len(data):
                written += self._file.write(memoryview(data)[written:])
        except OSError as error:
            raise StorageFull(FULL) from error
        self._size += written
        return written

    @property
    def file(self) -> BinaryIO:
        """The open file, for who reads what was written before it is kept."""
        return cast("BinaryIO", self._file)

    @property
    def ref(self) -> BlobRef:
        """What these bytes are called."""
        return BlobRef(sha256=self._digest.hexdigest(), size=self._size)

    def flush_soon(self) -> None:
        """Begin to make the bytes durable, while the next file is being received."""
        if self._flushing is None:
            self._flushing = flushers().submit(os.fsync, self._file.fileno())

    def sync(self) -> None:
        """Make the bytes durable."""
        if self._flushing is None:
            os.fsync(self._file.fileno())
        else:
            self._flushing.result()

    def discard(self) -> None:
        """Remove the file; one that was kept has another name by now. A second call does nothing."""
        if self._flushing is not None:
            self._flushing.exception()  # the descriptor is in use until then
        if not self._file.closed:
            self._file.close()
            self.path.unlink(missing_ok=True)


class PassingDraft(Draft):
    """A file that is looked at and written anew: its own bytes need not last, nor have a name.

    A small one lies in memory, under an address of this process, so everything that reads files
    reads it. A larger one goes to the folder; without a folder nothing of it ever touches the disk.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._most = MOST_IN_MEMORY if folder is None else SMALL
        descriptor = os.memfd_create("limn-draft")
        self._begin(Path(f"/proc/self/fd/{descriptor}"), os.fdopen(descriptor, "r+b", buffering=0))
        self._is_on_disk = False

    def write(self, data: bytes | memoryview) -> int:
        """Add bytes; raises StorageFull."""
        if self._size + len(data) > self._most and not self._is_on_disk:
            self._move_out()
        return self._append(data)

    @property
    def ref(self) -> BlobRef:
        """What these bytes are called."""
        self._file.seek(0)
        digest = hashlib.file_digest(self._file, "sha256")
        return BlobRef(sha256=digest.hexdigest(), size=self._size)

    def flush_soon(self) -> None:
        """Do nothing: these bytes are not meant to last."""

    def sync(self) -> None:
        """Make the bytes durable after all; raises StorageFull where they may not touch the disk."""
        if not self._is_on_disk:
            self._move_out()
        os.fsync(self._file.fileno())

    def discard(self) -> None:
        """Give the place back; a second call does nothing."""
        if not self._file.closed:
            self._file.close()
            if self._is_on_disk:
                self.path.unlink(missing_ok=True)

    def _move_out(self) -> None:
        """Go on in a file of the folder."""
        if self._folder is None:
            raise StorageFull("A file this large cannot be taken in without touching the disk.")
        path, file = _opened(self._folder)
        self._file.seek(0)
        try:
            shutil.copyfileobj(self._file, file, SMALL)
        except OSError as error:
            file.close()
            path.unlink()
            raise StorageFull(FULL) from error
        self._file.close()
        self.path, self._file, self._is_on_disk = path, file, True


def _opened(folder: Path) -> tuple[Path, FileIO]:
    """Open a new file of the folder, which is made where it is not there."""
    path = folder / f"draft-{uuid4().hex}"
    try:
        return path, path.open("x+b", buffering=0)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        return path, path.open("x+b", buffering=0)


@lru_cache(maxsize=1)
def flushers() -> ThreadPoolExecutor:
    """Return the threads that flush; made at first use, because threads do not survive a fork."""
    return ThreadPoolExecutor(max_workers=_FLUSHERS, thread_name_prefix="flush")
