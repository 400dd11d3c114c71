"""Files on their way into the store: hashed while they are written, on the disk or in memory."""

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

from backend.core.errors import Unavailable
from ml_worker.contract.messages import BlobRef

MOST_IN_MEMORY = 256 << 20
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
        self.path = folder / f"draft-{uuid4().hex}"
        try:
            self._file = self.path.open("x+b", buffering=0)
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("x+b", buffering=0)
        self._digest = hashlib.sha256()
        self._size = 0
        self._flushing: Future[None] | None = None
        self.was_there = False  # whether the store had these bytes already when it was to keep them

    def write(self, data: bytes | memoryview) -> int:
        """Add bytes; raises StorageFull."""
        self._digest.update(data)
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
            self._flushing = _flushers().submit(os.fsync, self._file.fileno())

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


class MemoryDraft(Draft):
    """A file that never touches the disk: it is looked at, and what is kept of it is written anew.

    It lies in memory under an address of this process, so everything that reads files reads it.
    """

    def __init__(self) -> None:
        descriptor = os.memfd_create("limn-draft")
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        self.path = Path(f"/proc/self/fd/{descriptor}")
        self._digest = hashlib.sha256()
        self._size = 0
        self._flushing = None
        self.was_there = False

    def write(self, data: bytes | memoryview) -> int:
        """Add bytes; raises StorageFull where memory is not meant for so many."""
        if self._size + len(data) > MOST_IN_MEMORY:
            raise StorageFull("A file this large cannot be taken in without touching the disk.")
        return super().write(data)

    def flush_soon(self) -> None:
        """Do nothing: these bytes are not meant to last."""

    def discard(self) -> None:
        """Give the memory back; a second call does nothing."""
        self._file.close()


@lru_cache(maxsize=1)
def _flushers() -> ThreadPoolExecutor:
    """Return the threads that flush; made at first use, because threads do not survive a fork."""
    return ThreadPoolExecutor(max_workers=_FLUSHERS, thread_name_prefix="flush")
