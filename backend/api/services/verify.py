"""Every stored object read and hashed again; what is damaged, missing or nobody's is named.

Done in 256 parts by the first letters of a name. After each part it is written down how far it
came, so that a verification of days survives a restart.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from django.conf import settings

from backend.api.selectors.blob_owners import owners_of, referenced, referenced_by_jobs
from backend.api.selectors.mask_faults import mask_faults
from backend.core.blobs import BlobMissing, blob_store
from backend.core.sweep import SLICES, blobs_referred_to

_BATCH = 500
Say = Callable[[str], None]


@dataclass
class Fault:
    """An object that is not as it must be, and whom it belongs to."""

    sha256: str
    belongs_to: list[str]


@dataclass
class Verification:
    """What was looked at and what was found; `position` is the next part to look at."""

    position: int = 0
    objects: int = 0
    bytes: int = 0
    masks: int = 0
    damaged: list[Fault] = field(default_factory=list)
    missing: list[Fault] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    orphan_masks: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether everything that must be there is there, unharmed."""
        return not (self.damaged or self.missing)

    def document(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {"is_whole": self.is_whole, **asdict(self)}

    @classmethod
    def resumed(cls) -> Self:
        """Return how far an interrupted verification came; a new one where there is none."""
        try:
            kept = json.loads(_place().read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return cls()
        kept.pop("is_whole")
        for word in ("damaged", "missing"):
            kept[word] = [Fault(**fault) for fault in kept[word]]
        return cls(**kept)

    def keep(self) -> None:
        """Write down how far it came."""
        draft = _place().with_suffix(".draft")
        draft.write_text(json.dumps(self.document()), encoding="utf-8")
        os.replace(draft, _place())  # noqa: PTH105


@dataclass
class _Pace:
    """Holds reading under a number of bytes a second; 0 is no limit."""

    bytes_a_second: float
    began: float = field(default_factory=time.monotonic)
    read: int = 0

    def wait(self, count: int) -> None:
        """Wait as long as these bytes ask for."""
        self.read += count
        if self.bytes_a_second:
            time.sleep(max(self.began + self.read / self.bytes_a_second - time.monotonic(), 0))


def archive_verify(
    *, bytes_a_second: float = 0, resume: bool = False, say: Say = lambda _: None
) -> Verification:
    """Look at everything; return what was found."""
    found = Verification.resumed() if resume else Verification()
    pace = _Pace(bytes_a_second)
    letter, needed = "", set[str]()
    for number in range(found.position, SLICES):
        prefix = f"{number:02x}"
        if prefix[0] != letter:
            letter = prefix[0]
            needed = referenced(letter) | referenced_by_jobs()
        _verify_part(prefix, found, pace, needed)
        found.position = number + 1
        found.keep()
        if number % 16 == 15:
            say(f"{(number + 1) / SLICES:.0%}: {found.objects} objects, {_size(found.bytes)}")
    found.strangers = list(blob_store().strangers())
    masks = mask_faults()
    found.masks, found.orphan_masks = masks.checked, masks.orphans
    found.damaged += [Fault(*fault) for fault in masks.damaged.items()]
    found.missing += [Fault(*fault) for fault in masks.missing.items()]
    _place().unlink(missing_ok=True)
    return found


def _place() -> Path:
    place: Path = settings.LIMN_DATA / "archive-verify.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _verify_part(prefix: str, found: Verification, pace: _Pace, needed: set[str]) -> None:
    """Look at the objects whose names begin like this; `needed` are those that must be there."""
    there = list(blob_store().names(prefix))
    damaged = [name for name in there if not _is_sound(name, found, pace)]
    needed = {name for name in needed if name.startswith(prefix)}
    missing = sorted(name for name in needed - set(there) if not blob_store().exists(name))
    if missing:  # unless somebody has erased them this moment
        missing = sorted(set(missing) & (referenced(prefix) | referenced_by_jobs()))
    found.damaged += _faults(damaged)
    found.missing += _faults(missing)
    nobodys = sorted(set(there) - needed)
    for first in range(0, len(nobodys), _BATCH):
        batch = set(nobodys[first : first + _BATCH])
        found.orphans += sorted(batch - blobs_referred_to(batch))


def _is_sound(name: str, found: Verification, pace: _Pace) -> bool:
    digest = hashlib.sha256()
    try:
        for chunk in blob_store().chunks(name):
            digest.update(chunk)
            found.bytes += len(chunk)
            pace.wait(len(chunk))
    except BlobMissing:  # removed meanwhile: if it is needed, it is missing
        return True
    except OSError:  # the disk does not give it back
        return False
    found.objects += 1
    return digest.hexdigest() == name


def _faults(names: list[str]) -> list[Fault]:
    belonging = owners_of(names)
    return [Fault(name, belonging[name]) for name in names]


def _size(count: int) -> str:
    return f"{count / 1024**3:.2f} GiB" if count >= 1024**3 else f"{count / 1024**2:.1f} MiB"
