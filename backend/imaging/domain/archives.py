"""Archives beside zip: tar (plain, gzip, bzip2, xz), 7z, and a DICOM file packed alone.

The same rules for all: a name is only ever a name, links and devices are not followed, no member
unpacks to more than it claims, and the whole to no more than `Bounds` allow. Tar is read as a
stream. A 7z may pack its members as one piece, so it is unpacked as a whole into a scratch folder
first, after its own directory was judged.
"""

import bz2
import gzip
import lzma
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal

from backend.imaging.domain.rejections import Rejected

Format = Literal["tar", "7z", "packed"]
CHUNK_BYTES = 1 << 20
# What a member's own header may weigh: names and attributes, never data.
LARGEST_TAR_HEADER = 1 << 20
# The memory that a 7z may ask for to be unpacked.
LARGEST_DICTIONARY = 256 << 20
_SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
_OPENERS: dict[bytes, Any] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_DAMAGED = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, tarfile.TarError)
_TAR_MAGIC = slice(257, 262)
_DICOM_MAGIC = slice(128, 132)
_LZMA, _LZMA2, _PPMD = b"\x03\x01\x01", b"\x21", b"\x03\x04\x01"


@dataclass(frozen=True)
class Bounds:
    """How much an archive may unpack to: in one member, in all, and how many members."""

    largest_member: int
    total: int
    most_members: int


@dataclass(frozen=True)
class Member:
    """One file of an archive; `copy` writes its bytes, or `refusal` says why there are none.

    What is packed alone has no name of its own.
    """

    name: str
    copy: Callable[[Callable[[bytes], object]], None]
    refusal: Rejected | None = None


def archive_format(path: Path, head: bytes) -> Format | None:
    """Return which of these archives a file is, by its first 512 bytes; a packed volume is none."""
    if head.startswith(_SEVEN_ZIP):
        return "7z"
    opener = _opener(head)
    if opener is not None:
        try:
            with opener(path) as packed:
                head = packed.read(512)
        except _DAMAGED:
            return None
        if head[_DICOM_MAGIC] == b"DICM":
            return "packed"
    return "tar" if head[_TAR_MAGIC] == b"ustar" else None


def members(path: Path, kind: Format, bounds: Bounds, scratch: Path) -> Iterator[Member]:
    """Yield the members in order; each must be copied before the next is asked for.

    Raises Rejected where the archive as a whole cannot be taken, maybe in the middle.
    """
    if kind == "packed":
        return iter([Member("", partial(_copy_packed, path, bounds))])
    return _tar(path, bounds) if kind == "tar" else _seven_zip(path, bounds, scratch)


def _opener(head: bytes) -> Callable[[Path], IO[bytes]] | None:
    return next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), None)


def _refused(name: str, refusal: Rejected) -> Member:
    def copy(_: Callable[[bytes], object]) -> None:
        raise refusal

    return Member(name, copy, refusal)


def _copy_packed(path: Path, bounds: Bounds, write: Callable[[bytes], object]) -> None:
    with path.open("rb") as file:
        opener = _opener(file.read(8)) or gzip.open
    copied, most = 0, min(bounds.largest_member, bounds.total)
    try:
        with opener(path) as packed:
            while chunk := packed.read(CHUNK_BYTES):
                copied += len(chunk)
                if copied > most:
                    raise Rejected("imaging.zip_bomb", why=f"more than {most / 1024**3:.1f} GiB")
                write(chunk)
    except _DAMAGED:
        raise Rejected("imaging.zip_broken") from None


class _Guarded:
    """A stream that hands out no headers larger than any honest archive has."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401  tarfile's own stream
        self._stream = stream

    def read(self, size: int) -> bytes:
        if size > LARGEST_TAR_HEADER:
            raise Rejected("imaging.zip_bomb", why="a boundless header")
        data: bytes = self._stream.read(size)
        return data

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._stream, name)


def _opened_tar(stream: Any) -> Any:  # noqa: ANN401  more is asked of it than its types tell
    return tarfile.open(fileobj=stream, mode="r|")


def _tar(path: Path, bounds: Bounds) -> Iterator[Member]:
    with path.open("rb") as file:
        opener = _opener(file.read(8))
    count = total = 0
    try:
        with (
            opener(path) if opener else path.open("rb") as stream,
            _opened_tar(stream) as archive,
        ):
            archive.fileobj = _Guarded(archive.fileobj)
            for info in archive:
                if info.isdir():
                    continue
                count, total = count + 1, total + max(info.size, 0)
                _refuse_total(count, total, bounds)
                yield _tar_member(archive, info, bounds)
                archive.members = []  # or it would keep them all
    except _DAMAGED:
        raise Rejected("imaging.zip_broken") from None


def _refuse_total(count: int, total: int, bounds: Bounds) -> None:
    if count > bounds.most_members:
        raise Rejected("imaging.zip_bomb", why=f"more than {bounds.most_members} files")
    if total > bounds.total:
        raise Rejected("imaging.zip_bomb", why=f"{total / 1024**3:.1f} GiB")


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo, bounds: Bounds) -> Member:
    if not info.isreg() or info.issparse():
        return _refused(info.name, Rejected("imaging.not_a_file"))
    if info.size > bounds.largest_member:
        why = f"{info.size / 1024**3:.0f} GiB"
        return _refused(info.name, Rejected("imaging.too_large", why=why))

    def copy(write: Callable[[bytes], object]) -> None:
        source = archive.extractfile(info)
        if source is None:
            raise Rejected("imaging.not_a_file")
        try:
            _copy(source.read, write, info.size)
        except _DAMAGED:
            raise Rejected("imaging.zip_broken") from None

    return Member(info.name, copy)


def _copy(read: Callable[[int], bytes], write: Callable[[bytes], object], size: int) -> None:
    copied = 0
    while chunk := read(min(CHUNK_BYTES, LARGEST_TAR_HEADER)):
        copied += len(chunk)
        if copied > size:
            raise Rejected("imaging.zip_bomb", why="more than it claims")
        write(chunk)
    if copied < size:
        raise Rejected("imaging.zip_broken")


def _seven_zip(path: Path, bounds: Bounds, scratch: Path) -> Iterator[Member]:
    import py7zr  # noqa: PLC0415  slow to load, and rarely needed

    unpacked = _Unpacked(scratch, bounds)
    try:
        with path.open("rb") as file, py7zr.SevenZipFile(file) as archive:
            infos = [info for info in archive.list() if not info.is_directory]
            _refuse_total(len(infos), sum(info.uncompressed for info in infos), bounds)
            _refuse_memory(archive)
            odd = {info.filename for info in infos if not info.is_file}
            _refuse_password(archive)
            archive.extract(factory=unpacked)
        yield from unpacked.members(odd)
    except py7zr.exceptions.PasswordRequired:
        raise Rejected("imaging.zip_encrypted") from None
    except Rejected:
        raise
    except py7zr.UnsupportedCompressionMethodError:
        raise Rejected("imaging.zip_method") from None
    except Exception:  # noqa: BLE001  py7zr raises whatever a damaged file makes it
        raise Rejected("imaging.zip_broken") from None
    finally:
        unpacked.clear()


def _refuse_password(archive: Any) -> None:  # noqa: ANN401
    if archive.needs_password():
        raise Rejected("imaging.zip_encrypted")


def _refuse_memory(archive: Any) -> None:  # noqa: ANN401  py7zr knows no types here
    """Refuse an archive whose packers ask for more memory than it could ever need."""
    streams = getattr(archive.header, "main_streams", None)
    folders = streams.unpackinfo.folders if streams is not None else []
    for coder in (coder for folder in folders for coder in folder.coders):
        if _memory_of(coder["method"], coder.get("properties") or b"") > LARGEST_DICTIONARY:
            raise Rejected("imaging.zip_bomb", why="memory to unpack it")


def _memory_of(method: bytes, properties: bytes) -> int:
    if method in {_LZMA, _PPMD} and len(properties) >= 5:
        size: int = struct.unpack_from("<I", properties, 1)[0]
        return size
    if method == _LZMA2 and properties:
        bits = properties[0]
        return 0xFFFFFFFF if bits >= 40 else (2 | bits & 1) << (bits // 2 + 11)
    return 0


class _Unpacked:
    """Takes what py7zr unpacks: each member into a file of our own, by number, never by name."""

    def __init__(self, scratch: Path, bounds: Bounds) -> None:
        self._scratch = scratch
        self._bounds = bounds
        self._files: list[tuple[str, Path]] = []
        self.total = 0

    def create(self, filename: str) -> "_Writer":
        """Begin a member, as py7zr asks for it."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        place = self._scratch / f"member-{len(self._files)}"
        self._files.append((filename, place))
        return _Writer(place, self)

    def count(self, size: int) -> None:
        """Refuse to go on beyond what the archive may unpack to."""
        self.total += size
        if self.total > self._bounds.total:
            raise Rejected("imaging.zip_bomb", why="more than it claims")

    def members(self, odd: set[str]) -> Iterator[Member]:
        """Yield what was unpacked; `odd` are links and devices."""
        for name, place in self._files:
            if name in odd:
                yield _refused(name, Rejected("imaging.not_a_file"))
            elif place.stat().st_size > self._bounds.largest_member:
                yield _refused(name, Rejected("imaging.too_large", why="one file of an archive"))
            else:
                yield Member(name, lambda write, place=place: _copy_file(place, write))  # type: ignore[misc]
            place.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what nobody asked for."""
        for _, place in self._files:
            with suppress(OSError):
                place.unlink(missing_ok=True)


def _copy_file(place: Path, write: Callable[[bytes], object]) -> None:
    with place.open("rb") as file:
        _copy(file.read, write, place.stat().st_size)


class _Writer:
    """One member on its way out of py7zr; it is opened only while it is written."""

    def __init__(self, place: Path, whole: _Unpacked) -> None:
        self._file = place.open("w+b")
        self._whole = whole

    def write(self, data: bytes) -> int:
        """Add bytes."""
        self._whole.count(len(data))
        return self._file.write(data)

    def read(self, size: int | None = None) -> bytes:
        """Return bytes, as py7zr may ask for the target of a link."""
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move."""
        return self._file.seek(offset, whence)

    def flush(self) -> None:
        """Write out."""
        self._file.flush()

    def size(self) -> int:
        """Return how much was written."""
        place = self._file.tell()
        size = self._file.seek(0, 2)
        self._file.seek(place)
        return size

    def close(self) -> None:
        """Be done with it."""
        self._file.close()
