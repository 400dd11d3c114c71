"""An empty installation filled from a backup: objects first, then all rows in one transaction.

Whatever breaks off on the way leaves an installation as empty as before, and can be done again.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction

from backend.api.services.backup import (
    FORMAT,
    KEY,
    MANIFEST,
    OBJECTS,
    TABLES,
    key_digest,
    objects_of,
    snapshots,
)
from backend.core.blobs import BlobMissing, FileBlobStore, blob_store
from backend.core.errors import Conflict, Invalid, NotFound
from backend.core.tables import (
    TableFile,
    file_sha256,
    migrations_applied,
    sequences_set,
    tables_read,
)

Say = Callable[[str], None]
# Rows of these make an installation one that somebody uses.
_OF_SOMEBODY = {
    "accounts.User": "people",
    "projects.Project": "projects",
    "imaging.Study": "studies",
    "imaging.IngestRun": "deliveries",
    "inference.ModelVersion": "versions of models",
}


@dataclass
class Restoration:
    """What came back; `lost` objects are not in the backup, `advice` is what remains to be done."""

    snapshot: str
    objects: int = 0
    copied: int = 0
    rows: int = 0
    lost: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)


def archive_restore(
    *, target: Path, moment: str = "", accept_losses: bool = False, say: Say = lambda _: None
) -> Restoration:
    """Fill this installation from a backup, the newest unless another is named."""
    moment = _chosen(target, moment)
    folder = target / "snapshots" / moment
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    _refuse(folder, manifest)
    done = Restoration(moment)
    _bring_objects(target, done, accept_losses=accept_losses, say=say)
    files = [TableFile.of(each) for each in manifest["tables"]]
    with transaction.atomic(durable=True):
        _refuse_unless_empty()
        tables_read(folder / TABLES, files)
        sequences_set(manifest["sequences"])
    done.rows = sum(each.rows for each in files)
    done.lost += sorted(manifest["lost"])
    _bring_key(folder / KEY, manifest, done)
    return done


def _chosen(target: Path, moment: str) -> str:
    there = snapshots(target)
    if not there:
        raise NotFound(f"There is no complete backup in {target}.")
    if moment and moment not in there:
        raise NotFound(f"There is no such backup. There are: {', '.join(there)}.")
    return moment or there[-1]


def _refuse(folder: Path, manifest: dict[str, Any]) -> None:
    _refuse_unless_empty()
    if manifest["format"] != FORMAT or manifest["migrations"] != migrations_applied():
        raise Conflict(
            f"This backup is of Limn {manifest['version']} with other tables than these. Install "
            "that version, restore into it, and upgrade then."
        )
    sums = {folder / TABLES / each["file"]: each["sha256"] for each in manifest["tables"]}
    sums[folder / OBJECTS] = manifest["objects_sha256"]
    for path, sha256 in sums.items():
        if not path.is_file() or file_sha256(path) != sha256:
            raise Conflict(f"The backup is damaged: {path.name}. Nothing was restored.")


def _refuse_unless_empty() -> None:
    counts = {
        words: apps.get_model(label)._default_manager.count()  # noqa: SLF001  documented API
        for label, words in _OF_SOMEBODY.items()
    }
    there = ", ".join(f"{count} {words}" for words, count in counts.items() if count)
    if there:
        raise Conflict(
            f"This installation is not empty ({there}). A backup is restored into an empty one "
            "only: set LIMN_DATA and DATABASE_URL to a new place, and start there."
        )


def _bring_objects(target: Path, done: Restoration, *, accept_losses: bool, say: Say) -> None:
    source = FileBlobStore(target / "objects")
    for name, _ in objects_of(target, done.snapshot):
        done.objects += 1
        if blob_store().exists(name):
            continue
        if not _brought(name, source):
            done.lost.append(name)
        done.copied += 1
        if done.copied % 5000 == 0:
            say(f"{done.copied} objects are back.")
    if done.lost and not accept_losses:
        raise Invalid(
            f"{len(done.lost)} objects of the backup are missing or damaged, the first is "
            f"{done.lost[0]}. No row was restored; --accept-losses restores all others."
        )


def _brought(name: str, source: FileBlobStore) -> bool:
    try:
        ref = blob_store().put(source.chunks(name))
    except (BlobMissing, OSError):
        return False
    return ref.sha256 == name


def _bring_key(path: Path, manifest: dict[str, Any], done: Restoration) -> None:
    """Put the key where the next start finds it, unless this installation has the same."""
    if manifest["key_digest"] == key_digest():
        return
    if path.is_file() and not settings.LIMN_DEID_KEY:
        place: Path = settings.LIMN_DATA / "secrets" / "deid-key"
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.touch(mode=0o600)
        place.write_text(json.loads(path.read_text(encoding="utf-8"))["LIMN_DEID_KEY"])
        done.advice.append(
            f"The key behind pseudonyms lies in {place} now. Restart all processes, so that they "
            "take it from there; where they run elsewhere, set LIMN_DEID_KEY to it."
        )
        return
    done.advice.append(
        "The key behind pseudonyms is another here. Set LIMN_DEID_KEY to that of the old "
        "installation, or patients get new pseudonyms and no way back opens."
    )
