"""The cache of what can be made again: written whole, found by place, held under a limit.

What is used is touched now and then, so the oldest files are those that nobody has asked for.
"""

import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from backend.core.blobs import CHUNK_BYTES

# A file counts as used at most this often, so that reading costs no write.
TOUCH_SECONDS = 600.0
# Trimming makes room for a while, lest each new file pays for it.
LEAVE = 0.8


def cache_find(path: Path) -> Path | None:
    """Return the file if it is there, and remember that it was used."""
    try:
        if time.time() - path.stat().st_mtime > TOUCH_SECONDS:
            os.utime(path)
    except FileNotFoundError:
        return None
    return path


def cache_put(path: Path, content: bytes) -> None:
    """Keep bytes in the cache; appears whole or not at all."""
    chunks = iter((content, b""))
    cache_write(path, lambda _size: next(chunks))


def cache_write(path: Path, read: Callable[[int], bytes]) -> None:
    """Copy what `read(size)` yields into a cache file by rename."""
    with cache_file(path) as file:
        while chunk := read(CHUNK_BYTES):
            file.write(chunk)


@contextmanager
def cache_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write into; it is in the cache when all of it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def cache_files_of(names: Collection[str]) -> Iterator[Path]:
    """Yield all that is kept of these: every file is called by a hash or an id and an ending."""
    for _, _, path in _files(settings.LIMN_CACHE):
        if path.name.partition(".")[0] in names:
            yield path


def cache_trim() -> int:
    """Remove what was not used for longest until the cache is well under its limit; return bytes."""
    files = sorted(_files(settings.LIMN_CACHE))
    total = sum(size for _, size, _ in files)
    if total <= settings.LIMN_CACHE_BYTES:
        return 0
    removed = 0
    for _, size, path in files:
        if total - removed <= settings.LIMN_CACHE_BYTES * LEAVE:
            break
        with suppress(FileNotFoundError):
            path.unlink()
            removed += size
    return removed


def _files(folder: Path) -> list[tuple[float, int, Path]]:
    """Return when each file was last used, how large it is, and where."""
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root) / name
            with suppress(FileNotFoundError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
    return found
