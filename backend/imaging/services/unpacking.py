"""Files on their way in: from folders and archives, one at a time, never trusted.

A name inside an archive is only ever a name: members are unpacked one by one into a temporary
file of Limn's own choosing. What an archive claims is checked before, and held to while
unpacking. An archive inside of one is opened too, those inside of it are not; what they unpack to
counts together.
"""

import os
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from django.conf import settings

from backend.core.blobs import blob_store
from backend.core.drafts import Draft, StorageFull
from backend.imaging.domain.archives import Bounds, Format, Member, archive_format, members
from backend.imaging.domain.rejections import Rejected
from backend.imaging.services.incoming import Incoming

MOST_MEMBERS = 250_000
# An archive may unpack to this many times its size, or to SMALL_TOTAL if that is more.
LARGEST_RATIO = 100
SMALL_TOTAL = 1 << 30
CHUNK_BYTES = 1 << 20
HEAD_BYTES = 512
_ZIP_HEADS = (b"PK\x03\x04", b"PK\x05\x06")
# Documents that are zip archives by their making, and hold no images of their own.
_ZIP_DOCUMENTS = (
    ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".jar", ".whl", ".npz",
)  # fmt: skip
_METHODS = frozenset(
    {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
)
Kind = Format | Literal["zip"]


@dataclass
class Allowance:
    """What may still be unpacked: bytes, and files."""

    total: int
    most_members: int = MOST_MEMBERS

    @classmethod
    def of(cls, path: Path) -> "Allowance":
        """Return what an archive may unpack to by its size."""
        return cls(max(SMALL_TOTAL, LARGEST_RATIO * path.stat().st_size))

    def take(self, total: int, members: int) -> None:
        """Use some of it up; raises Rejected where it is less than that."""
        if members > self.most_members:
            raise Rejected("imaging.zip_bomb", why=f"more than {self.most_members} files")
        if total > self.total:
            raise Rejected("imaging.zip_bomb", why=f"{total / 1024**3:.1f} GiB")
        self.total, self.most_members = self.total - total, self.most_members - members


def incoming_from(path: Path, name: str = "", *, off_disk: bool = False) -> Iterator[Incoming]:
    """Yield the files at `path`: itself, a folder's in sorted order, an archive's members.

    With `off_disk` members are unpacked into memory.
    """
    name = name or path.name
    if path.is_dir() and not path.is_symlink():
        yield from _from_folder(path, off_disk=off_disk)
        return
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            yield Incoming(name, path, refusal=Rejected("imaging.not_a_file"))
            return
        kind = _kind_of(path, name)
    except OSError:
        yield Incoming(name, path, refusal=Rejected("imaging.vanished"))
        return
    if kind is None:
        yield _checked(Incoming(name, path), state.st_size)
        return
    inner = Allowance.of(path)
    for member in _unpacked(path, name, kind, Allowance.of(path), off_disk=off_disk):
        yield from _opened(member, inner, off_disk=off_disk)


def _kind_of(path: Path, name: str) -> Kind | None:
    """Return what archive a file is, None where it is none to be opened."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head[:4] in _ZIP_HEADS:
        return None if name.lower().endswith(_ZIP_DOCUMENTS) else "zip"
    return archive_format(path, head)


def _opened(member: Incoming, inner: Allowance, *, off_disk: bool) -> Iterator[Incoming]:
    """Yield a member of an archive; what is in it, where it is an archive itself."""
    kind = _kind_of(member.path, member.name) if member.draft is not None else None
    if kind is None:
        yield member
        return
    try:
        for each in _unpacked(member.path, member.name, kind, inner, off_disk=off_disk):
            yield _unopened(each)
    finally:
        member.discard()


def _unopened(member: Incoming) -> Incoming:
    """Refuse an archive that lies two archives deep."""
    if member.draft is None or _kind_of(member.path, member.name) in {None, "packed"}:
        return member
    member.discard()
    return Incoming(member.name, Path(), refusal=Rejected("imaging.zip_nested"))


def _unpacked(
    path: Path, name: str, kind: Kind, allowance: Allowance, *, off_disk: bool
) -> Iterator[Incoming]:
    """Yield the members of an archive, each as a draft, or refused."""
    if kind == "zip":
        return _from_zip(path, name, allowance, off_disk=off_disk)
    if kind == "7z" and off_disk:
        refusal = Rejected("imaging.policy_unpacks_in_memory")
        return iter([Incoming(name, path, refusal=refusal)])
    return _from_other(path, name, kind, allowance, off_disk=off_disk)


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


def _from_zip(path: Path, name: str, allowance: Allowance, *, off_disk: bool) -> Iterator[Incoming]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            # By what the archive's own directory says, before anything is unpacked.
            allowance.take(sum(info.file_size for info in infos), len(infos))
            for info in infos:
                yield _member(archive, info, name, off_disk=off_disk)
    except Rejected as refusal:
        yield Incoming(name, path, refusal=refusal)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        yield Incoming(name, path, refusal=Rejected("imaging.zip_broken"))


def _from_other(
    path: Path, name: str, kind: Format, allowance: Allowance, *, off_disk: bool
) -> Iterator[Incoming]:
    """Yield the members of a tar or 7z; each is unpacked before the next is looked at."""
    folder: Path = settings.LIMN_UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    bounds = Bounds(
        largest_member=settings.LIMN_UPLOAD_MAX_BYTES,
        total=allowance.total,
        most_members=allowance.most_members,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="unpacking-", dir=folder) as scratch:
            for member in members(path, kind, bounds, Path(scratch)):
                full = f"{name}/{member.name}" if member.name else name
                unpacked = _unpacked_member(member, full, off_disk=off_disk)
                if unpacked.draft is not None:
                    allowance.take(unpacked.draft.ref.size, 1)
                yield unpacked
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
    return blob_store().passing(off_disk=True) if off_disk else blob_store().draft()


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
        copied += len(chunk)
        if copied > most:
            raise Rejected("imaging.zip_bomb", why="more than it claims")
        target.write(chunk)
