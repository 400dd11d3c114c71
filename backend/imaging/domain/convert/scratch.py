"""Voxels out of files: unpacked into a file of our own where packed, then mapped, never loaded.

A header is only believed within what the file can hold: no more is unpacked than the header
says, and no header may say more than the packed bytes could ever become.
"""

import bz2
import gzip
import math
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from backend.imaging.domain.convert.model import Limits
from backend.imaging.domain.rejections import Rejected

CHUNK_BYTES = 1 << 20
# No deflate stream grows more than this; bzip2 may, but not in images.
LARGEST_GROWTH = 1040
SMALL_BYTES = 1 << 20
_DAMAGED = (OSError, EOFError, zlib.error, ValueError)


def head_of(path: Path, size: int) -> bytes:
    """Return the first bytes of a file, of what is inside where it is gzip."""
    try:
        with path.open("rb") as file:
            head = file.read(max(size, 2))
        if head[:2] != b"\x1f\x8b":
            return head[:size]
        with gzip.open(path) as packed:
            return packed.read(size)
    except _DAMAGED:
        raise Rejected("imaging.source_packed") from None


def is_gzip(path: Path) -> bool:
    """Tell whether a file is packed by gzip, whatever its name says."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def refuse_size(shape: tuple[int, ...], item_bytes: int, limits: Limits) -> int:
    """Return the bytes of an array; raise Rejected where there is none or too much of it."""
    if not shape or min(shape) < 1:
        raise Rejected("imaging.source_header", why="an axis has no length")
    total = math.prod(shape) * item_bytes
    if total > limits.most_bytes:
        raise Rejected("imaging.source_too_large", why=_words(total))
    return total


def refuse_unlikely(path: Path, wanted: int) -> None:
    """Refuse a packed file that cannot hold as much as its header says."""
    if wanted > max(SMALL_BYTES, path.stat().st_size * LARGEST_GROWTH):
        raise Rejected("imaging.source_absurd", why=_words(wanted))


def _words(size: int) -> str:
    return f"{size / 1024**3:,.1f} GiB" if size >= 1 << 30 else f"{size / 1024**2:,.1f} MiB"


def mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int) -> NDArray[Any]:
    """Map an array whose first axis runs fastest; the answer's axes are turned around."""
    wanted = math.prod(shape) * dtype.itemsize
    if offset < 0 or path.stat().st_size < offset + wanted:
        raise Rejected("imaging.source_cut")
    flat = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape[::-1])
    return np.asarray(flat)


def unpacked(
    path: Path, scratch: Path, wanted: int, *, packing: str = "gzip", offset: int = 0
) -> Path:
    """Unpack exactly `wanted` bytes into a new file in `scratch`, from `offset` of `path` on."""
    refuse_unlikely(path, wanted)
    with tempfile.NamedTemporaryFile(dir=scratch, prefix="unpacked-", delete=False) as target:
        place = Path(target.name)
        try:
            with path.open("rb") as source:
                source.seek(offset)
                _unpack(_reader(source, packing), target, wanted)
        except _DAMAGED:
            place.unlink()
            raise Rejected("imaging.source_packed") from None
        except BaseException:
            place.unlink()
            raise
    return place


def _unpack(read: Callable[[int], bytes], target: IO[bytes], wanted: int) -> None:
    left = wanted
    while left:
        chunk = read(min(CHUNK_BYTES, left))
        if not chunk:
            raise Rejected("imaging.source_cut")
        target.write(chunk)
        left -= len(chunk)
    read(1)  # at the very end, packed data is checked against its own sum


def _reader(source: IO[bytes], packing: str) -> Callable[[int], bytes]:
    if packing == "gzip":
        return gzip.GzipFile(fileobj=source).read
    if packing == "bzip2":
        return bz2.BZ2File(source).read
    return _zlib_reader(source)


def _zlib_reader(source: IO[bytes]) -> Callable[[int], bytes]:
    inflater = zlib.decompressobj()

    def read(size: int) -> bytes:
        while True:
            fed = inflater.unconsumed_tail or source.read(1 << 16)
            chunk = inflater.decompress(fed, size)
            if chunk or inflater.eof or not fed:
                return chunk

    return read
