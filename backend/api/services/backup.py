"""A backup: the rows as of one moment, then the objects they speak of, then the key.

People go on working. Objects are only ever added, so what the rows spoke of at that moment is
still there when it is copied. Many backups share one folder of objects; only new ones are copied.

    TARGET/objects/ab/cd/<sha256>
    TARGET/snapshots/<moment>/manifest.json, objects.txt, key.json, tables/<table>.copy.gz
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backend.api.selectors.blob_owners import owners_of, referenced, referenced_by_jobs
from backend.core.blobs import BlobMissing, FileBlobStore, blob_store
from backend.core.errors import Invalid
from backend.core.sweep import SLICES
from backend.core.tables import (
    begin_snapshot,
    file_sha256,
    migrations_applied,
    sequences,
    tables_write,
)

FORMAT = 1
MANIFEST, OBJECTS, KEY, TABLES = "manifest.json", "objects.txt", "key.json", "tables"
Say = Callable[[str], None]


@dataclass
class Backup:
    """What was written; `lost` are objects that the store could not give, and whose they are."""

    snapshot: str
    objects: int = 0
    copied: int = 0
    bytes_copied: int = 0
    lost: dict[str, list[str]] = field(default_factory=dict)
    removed_snapshots: list[str] = field(default_factory=list)


def archive_backup(*, target: Path, with_key: bool = True, say: Say = lambda _: None) -> Backup:
    """Write a backup; it appears in its folder only when all of it is there."""
    _refuse_target(target)
    moment = timezone.now().strftime("%Y-%m-%dT%H%M%S.%fZ")
    making = target / "snapshots" / f"making-{moment}"
    making.mkdir(parents=True)
    backup = Backup(moment)
    try:
        manifest = _write_rows(making)
        say(f"Rows of {len(manifest['tables'])} tables are written.")
        _copy_objects(making, FileBlobStore(target / "objects"), backup, say)
        if with_key:
            _write_key(making / KEY)
        manifest |= {
            "objects": backup.objects,
            "objects_sha256": file_sha256(making / OBJECTS),
            "lost": backup.lost,
        }
        _write(making / MANIFEST, json.dumps(manifest, indent=1))
        _sync(making)
        making.rename(target / "snapshots" / moment)
        _sync_folder(target / "snapshots")
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return backup


def snapshots(target: Path) -> list[str]:
    """Return the moments of the complete backups in a folder, oldest first."""
    places = (target / "snapshots").glob(f"*/{MANIFEST}")
    return sorted(place.parent.name for place in places if not place.parent.name.startswith("m"))


def backup_thin(*, target: Path, keep: int) -> list[str]:
    """Remove all but the newest backups, and the objects that only they spoke of."""
    gone = snapshots(target)[:-keep]
    for moment in gone:
        shutil.rmtree(target / "snapshots" / moment)
    if gone:
        needed = {name for moment in snapshots(target) for name, _ in objects_of(target, moment)}
        store = FileBlobStore(target / "objects")
        for number in range(SLICES):
            for name in list(store.names(f"{number:02x}")):
                if name not in needed:
                    store.delete(name)
    return gone


def objects_of(target: Path, moment: str) -> Iterator[tuple[str, int]]:
    """Yield the objects of a backup with their sizes."""
    with (target / "snapshots" / moment / OBJECTS).open(encoding="ascii") as lines:
        for line in lines:
            name, size = line.split()
            yield name, int(size)


def key_digest() -> str:
    """Return what tells two keys behind pseudonyms apart without telling them."""
    key = settings.LIMN_DEID_KEY or settings.SECRET_KEY
    return hashlib.sha256(f"limn.backup.key {key}".encode()).hexdigest()


def _refuse_target(target: Path) -> None:
    store = Path(settings.LIMN_BLOBS).resolve()
    if not settings.LIMN_BLOBS.startswith("s3://") and target.resolve().is_relative_to(store):
        raise Invalid(
            "A backup inside the store itself would be lost with it; choose another place."
        )


def _write_rows(making: Path) -> dict[str, Any]:
    """Write all rows and the list of objects that they speak of, all as of one moment."""
    with transaction.atomic(durable=True):
        begin_snapshot()
        files = tables_write(making / TABLES)
        with (making / OBJECTS).open("w", encoding="ascii") as target:
            of_jobs = referenced_by_jobs()
            for letter in "0123456789abcdef":
                names = referenced(letter).union(n for n in of_jobs if n.startswith(letter))
                target.writelines(f"{name}\n" for name in sorted(names))
        return {
            "format": FORMAT,
            "version": settings.LIMN_VERSION,
            "made_at": timezone.now().isoformat(),
            "migrations": migrations_applied(),
            "sequences": sequences(),
            "key_digest": key_digest(),
            "tables": [each.document() for each in files],
        }


def _copy_objects(making: Path, target: FileBlobStore, backup: Backup, say: Say) -> None:
    """Copy what is not there yet; the list becomes that of what is there, with sizes."""
    draft = making / f"{OBJECTS}.draft"
    with (
        (making / OBJECTS).open(encoding="ascii") as names,
        draft.open("w", encoding="ascii") as kept,
    ):
        for line in names:
            name = line.strip()
            size = _copied(name, target, backup)
            if size is None:
                backup.lost |= owners_of([name])
                continue
            backup.objects += 1
            kept.write(f"{name} {size}\n")
            if backup.objects % 5000 == 0:
                say(f"{backup.objects} objects, {backup.copied} of them new.")
    draft.replace(making / OBJECTS)


def _copied(name: str, target: FileBlobStore, backup: Backup) -> int | None:
    """Return the size of an object, copied if it was not; None if the store has it not, or harmed."""
    path = target.local_path(name)
    if path is not None and path.exists():
        return path.stat().st_size
    try:
        ref = target.put(blob_store().chunks(name))
    except (BlobMissing, OSError):
        return None
    if ref.sha256 != name:
        target.delete(ref.sha256)
        return None
    backup.copied += 1
    backup.bytes_copied += ref.size
    return ref.size


def _write_key(path: Path) -> None:
    path.touch(mode=0o600)
    key = settings.LIMN_DEID_KEY or settings.SECRET_KEY
    _write(path, json.dumps({"LIMN_DEID_KEY": key}))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _sync(folder: Path) -> None:
    """Make all files below durable, then their folders."""
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            _sync_folder(Path(root) / name)
        _sync_folder(Path(root))


def _sync_folder(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
