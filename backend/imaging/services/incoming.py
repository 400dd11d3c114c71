"""Files on their way in: from folders and archives, one at a time, never trusted.

A name inside an archive is only ever a name: members are unpacked one by one into a temporary
file of Limn's own choosing. What an archive claims is checked before, and held to while
unpacking.
"""

import os
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Self

from django.conf import settings

from backend.core.blobs import Draft, MemoryDraft, StorageFull, blob_store
from backend.imaging.domain.archives import Bounds, Format, Member, archive_format, members
from backend.imaging.domain.parse import parse_file, parse_open
from backend.imaging.domain.parsed import Parsed
from backend.imaging.domain.rejections import Rejected

MOST_MEMBERS = 250_000
# An archive may unpack to this many times its size, or to SMALL_TOTAL if that is more.
LARGEST_RATIO = 100
SMALL_TOTAL = 1 << 30
CHUNK_BYTES = 1 << 20
_ZIP_HEADS = (b"PK\x03\x04", b"PK\x05\x06")
_METHODS = frozenset(
    {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
)


@dataclass(frozen=True)
class Incoming:
    """A file to take in. `refusal` says why it is not even looked into.

    `draft` is set where the bytes lie in the store's own file already, `reading` where somebody is
    reading its header already.
    """

    name: str
    path: Path
    draft: Draft | None = None
    refusal: Rejected | None = None
    reading: Future[Parsed] | None = None

    @classmethod
    def drafted(
        cls, name: str, draft: Draft, *, reads: bool = False, parsed: Parsed | None = None
    ) -> Self:
        """Return a file that was written as a draft; with `reads` its header is read from now on.

        `parsed` is given by who has read it already.
        """
        reading: Future[Parsed] | None = None
        if parsed is not None:
            reading = Future()
            reading.set_result(parsed)
        elif reads:
            reading = _readers().submit(parse_open, draft.file, draft.path)
        return cls(name, draft.path, draft, reading=reading)

    def parsed(self) -> Parsed:
        """Return what the file says; raises Rejected."""
        if self.refusal is not None:
            raise self.refusal
        if self.reading is not None:
            return self.reading.result()
        if self.draft is not None:
            return parse_open(self.draft.file, self.path)
        return parse_file(self.path)

    def discard(self) -> None:
        """Remove what was written only for us."""
        if self.reading is not None and not self.reading.cancel():
            self.reading.exception()  # the file is in use until then
        if self.draft is not None:
            with suppress(OSError):
                self.draft.discard()


@lru_cache(maxsize=1)
def _readers() -> ThreadPoolExecutor:
    """Return the thread that reads headers; made at first use, because threads do not survive a fork."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="headers")


def incoming_from(path: Path, name: str = "", *, off_disk: bool = False) -> Iterator[Incoming]:
    """Yield the files at `path`: itself, a folder's in sorted order, an archive's members.

    With `off_disk` members are unpacked into memory.
    """
    name = name or path.name
    if path.is_dir() and not path.is_symlink():
        yield from _from_folder(path, off_disk=off_disk)
        return
    try:
        kind = path.stat()
        if not stat.S_ISREG(kind.st_mode):
            yield Incoming(name, path, refusal=Rejected("imaging.not_a_file"))
            return
        with path.open("rb") as file:
            head = file.read(512)
        other = archive_format(path, head)
    except OSError:
        yield Incoming(name, path, refusal=Rejected("imaging.vanished"))
        return
    if head[:4] in _ZIP_HEADS:
        yield from _from_archive(path, name, off_disk=off_disk)
        return
    if other == "7z" and off_disk:
        yield Incoming(name, path, refusal=Rejected("imaging.policy_unpacks_in_memory"))
        return
    if other is not None:
        yield from _from_other_archive(path, other, name, off_disk=off_disk)
        return
    yield _checked(Incoming(name, path), kind.st_size)


def _checked(incoming: Incoming, size: int) -> Incoming:
    limit = settings.LIMN_UPLOAD_MAX_BYTES
    if size <= limit:
        return incoming
    why = f"more than {limit / 1024**3:.0f} GiB"
    return Incoming(incoming.name, incoming.path, refusal=Rejected("imaging.too_large", why=why))


def _from_folder(folder: Path, *, off_disk: bool) -> Iterator[Incoming]:
    for root, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        for file in sorted(files):
            path = Path(root) / file
            name = str(path.relative_to(folder))
            if path.is_symlink():
                yield Incoming(name, path, refusal=Rejected("imaging.not_a_file"))
            else:
                yield from incoming_from(path, name, off_disk=off_disk)


def _from_archive(path: Path, name: str, *, off_disk: bool) -> Iterator[Incoming]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _refuse_bomb(infos, path.stat().st_size)
            for info in infos:
                yield _member(archive, info, name, off_disk=off_disk)
    except Rejected as refusal:
        yield Incoming(name, path, refusal=refusal)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        yield Incoming(name, path, refusal=Rejected("imaging.zip_broken"))


def _from_other_archive(
    path: Path, kind: Format, name: str, *, off_disk: bool
) -> Iterator[Incoming]:
    """Yield the members of a tar or 7z; each is unpacked before the next is looked at."""
    folder: Path = settings.LIMN_UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    bounds = Bounds(
        largest_member=settings.LIMN_UPLOAD_MAX_BYTES,
        total=max(SMALL_TOTAL, LARGEST_RATIO * path.stat().st_size),
        most_members=MOST_MEMBERS,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="unpacking-", dir=folder) as scratch:
            for member in members(path, kind, bounds, Path(scratch)):
                yield _unpacked_member(member, f"{name}/{member.name}", off_disk=off_disk)
    except Rejected as refusal:
        yield Incoming(name, path, refusal=refusal)
    except OSError:
        yield Incoming(name, path, refusal=Rejected("imaging.zip_broken"))


def _unpacked_member(member: Member, name: str, *, off_disk: bool) -> Incoming:
    if member.refusal is not None:
        return Incoming(name, Path(), refusal=member.refusal)
    try:
        draft = _draft(off_disk=off_disk)
        try:
            member.copy(draft.write)
        except BaseException:
            draft.discard()
            raise
        return Incoming.drafted(name, draft)
    except Rejected as refusal:
        return Incoming(name, Path(), refusal=refusal)
    except StorageFull as full:
        return Incoming(name, Path(), refusal=Rejected("imaging.storage_full", why=full.detail))


def _refuse_bomb(infos: list[zipfile.ZipInfo], archive_bytes: int) -> None:
    """Refuse by what the archive's own directory says, before anything is unpacked."""
    if len(infos) > MOST_MEMBERS:
        raise Rejected("imaging.zip_bomb", why=f"{len(infos)} files")
    total = sum(info.file_size for info in infos)
    if total > max(SMALL_TOTAL, LARGEST_RATIO * archive_bytes):
        raise Rejected("imaging.zip_bomb", why=f"{total / 1024**3:.1f} GiB")


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, archive_name: str, *, off_disk: bool
) -> Incoming:
    name = f"{archive_name}/{info.filename}"
    try:
        _refuse_member(info)
        return Incoming.drafted(name, _unpack(archive, info, off_disk=off_disk))
    except Rejected as refusal:
        return Incoming(name, Path(), refusal=refusal)
    except StorageFull as full:
        return Incoming(name, Path(), refusal=Rejected("imaging.storage_full", why=full.detail))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
        return Incoming(name, Path(), refusal=Rejected("imaging.zip_broken"))
    except RuntimeError:  # zipfile's word for a missing password
        return Incoming(name, Path(), refusal=Rejected("imaging.zip_encrypted"))


def _refuse_member(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 0x1:
        raise Rejected("imaging.zip_encrypted")
    if info.compress_type not in _METHODS:
        raise Rejected("imaging.zip_method")
    if info.file_size > settings.LIMN_UPLOAD_MAX_BYTES:
        raise Rejected("imaging.too_large", why=f"{info.file_size / 1024**3:.0f} GiB")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Rejected("imaging.not_a_file")


def _draft(*, off_disk: bool) -> Draft:
    return MemoryDraft() if off_disk else blob_store().draft()


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, off_disk: bool) -> Draft:
    """Unpack one member into a draft of the store; never more than it claims."""
    draft = _draft(off_disk=off_disk)
    try:
        with archive.open(info) as source:
            _copy(source, draft, info.file_size)
    except BaseException:
        draft.discard()
        raise
    return draft


def _copy(source: IO[bytes], target: Draft, most: int) -> None:
    copied = 0
    while chunk := source.read(CHUNK_BYTES):
        if copied == 0 and chunk[:4] in _ZIP_HEADS:
            raise Rejected("imaging.zip_nested")
        copied += len(chunk)
        if copied > most:
            raise Rejected("imaging.zip_bomb", why="more than it claims")
        target.write(chunk)
