"""What waits in a delivery becomes DICOM once the delivery is complete.

A header may come before its data, and a table of patients after all its images; so files that are
not DICOM wait until nothing more comes. Converting again does no harm: the same file makes the
same instances, which are duplicates then.
"""

import hashlib
import logging
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from backend.core.blobs import BlobMissing
from backend.core.drafts import StorageFull
from backend.core.erasing import blobs_erase
from backend.core.services import Progress
from backend.imaging.domain.convert.delivery import (
    Arrived,
    Neighbourhood,
    images_of,
    name_in_delivery,
)
from backend.imaging.domain.convert.kinds import Kind, kind_of
from backend.imaging.domain.convert.model import Kept, Source
from backend.imaging.domain.convert.side_files import Knowledge, SideFile, read_side_file
from backend.imaging.domain.rejections import OUTSIDE, Rejected
from backend.imaging.models import IngestItem, IngestRun, Instance, Series, SourceFile, Study
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.frames import local_file
from backend.imaging.services.audiences import audience_add_own
from backend.imaging.services.clearing import Clearing, neutral_name
from backend.imaging.services.grids import grids_refresh
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.rows import Fate
from backend.imaging.services.store import BATCH, Delivery, made_store

if TYPE_CHECKING:
    from backend.imaging.domain.convert.converting import Conversion

log = logging.getLogger(__name__)
SCRATCH = "converting-"
SCRATCH_SECONDS = 24 * 3600.0
LONGEST_REASON = 500
TAKEN = frozenset({"stored", "duplicate"})
LABELS = "imaging.labels_kept"


def run_waits(run: IngestRun) -> bool:
    """Tell whether files of a delivery wait to be converted."""
    return IngestItem.objects.filter(run=run, outcome="waiting").exists()


def run_convert(delivery: Delivery, progress: Progress | None = None) -> None:
    """Convert what waits in a delivery, one file after the other. Nothing stops the rest."""
    _sweep_scratch()
    work = _Work.of(delivery)
    images = images_of(work.arrived)
    for number, image in enumerate(images):
        if progress is not None:
            progress(number / len(images), f"Converting file {number + 1} of {len(images)}")
        work.convert(image)
    work.settle_others()
    work.grant_held()
    grids_refresh(work.series)
    if delivery.clearing is not None:
        _forget_originals(work.originals)


class _Parts(Mapping[str, Path]):
    """The files beside an image; remembers which of them it asked for."""

    def __init__(self, beside: Mapping[str, Arrived], items: Mapping[int, IngestItem]) -> None:
        self._beside = beside
        self._items = items
        self.used: list[Arrived] = []

    def __getitem__(self, name: str) -> Path:
        part = self._beside[name]
        if part not in self.used:
            self.used.append(part)
        return local_file(self._items[part.key].sha256)

    def __iter__(self) -> Iterator[str]:
        return iter(self._beside)

    def __len__(self) -> int:
        return len(self._beside)


@dataclass
class _Work:
    """The waiting files of one delivery, and what became of them so far."""

    delivery: Delivery
    items: dict[int, IngestItem]
    arrived: list[Arrived]
    around: Neighbourhood
    knowledge: Knowledge
    held: dict[UUID, set[int]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    series: set[UUID] = field(default_factory=set)
    originals: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, delivery: Delivery) -> "_Work":
        """Look at what waits; side files that cannot be read are told so at once."""
        items = {
            item.pk: item for item in IngestItem.objects.filter(run=delivery.run, outcome="waiting")
        }
        clearing = delivery.clearing
        originals = {item.sha256 for item in items.values()} - {""}
        arrived = list(_arrived(items, clearing))
        sides = (_side_file(each, items[each.key], clearing) for each in arrived)
        side_files = [side for side in sides if side is not None]
        work = cls(delivery, items, arrived, Neighbourhood.of(arrived), Knowledge(side_files))
        work.originals = originals
        return work

    def convert(self, image: Arrived) -> None:
        """Convert one file and write down what became of it; whatever happens, it no longer waits."""
        item = self.items[image.key]
        try:
            self._convert(image, item)
        except Kept as refusal:
            if self.delivery.clearing is not None:
                self._settle(item, Fate.refused(Rejected("imaging.policy_keeps_no_source")))
                return
            self._settle(item, _kept(item, refusal))
            _remember(item, None, "labels" if refusal.code == LABELS else "image")
        except Rejected as refusal:
            self._settle(item, Fate.refused(refusal))
        except StorageFull as full:
            self._settle(item, Fate.refused(Rejected("imaging.storage_full", why=full.detail)))
        except (BlobMissing, FileNotFoundError):
            self._settle(item, Fate.refused(Rejected("imaging.vanished")))
        except Exception:
            log.exception("A file could not be converted")  # no name: it may carry a patient's
            self._settle(item, Fate.refused(Rejected("imaging.internal")))

    def _convert(self, image: Arrived, item: IngestItem) -> None:
        # The libraries of all formats come with it: only a process that converts pays for them.
        from backend.imaging.domain.convert.converting import convert  # noqa: PLC0415

        parts = _Parts(self.around.beside(image), self.items)
        with _scratch() as folder:
            source = Source(image.name, local_file(item.sha256), folder, parts)
            conversion = convert(
                source,
                image.kind,
                lambda: _content_hash(item, [self.items[each.key] for each in parts.used]),
                self.knowledge.of(image.name),
            )
            fates = list(self._store(conversion, item))
        self._finish(item, conversion, fates, [self.items[each.key] for each in parts.used])

    def _store(self, conversion: "Conversion", item: IngestItem) -> Iterator[Fate]:
        """Take the instances in, batch by batch; each file is gone once it is stored."""
        name = item.name if self.delivery.clearing else conversion.format
        while batch := list(islice(conversion.instances, BATCH)):
            made = [Incoming(name, path) for path in batch]
            fates = made_store(self.delivery, made)
            for path in batch:
                path.unlink(missing_ok=True)
            yield from fates
            if any(fate.outcome == "rejected" for fate in fates):
                return

    @transaction.atomic
    def _finish(
        self, item: IngestItem, conversion: "Conversion", fates: list[Fate], parts: list[IngestItem]
    ) -> None:
        other = next((fate for fate in fates if fate.outcome not in TAKEN), None)
        if other is not None:
            self._settle(item, other)
            return
        instances = Instance.objects.filter(pk__in=[fate.instance_pk for fate in fates])
        for pk, study_id in instances.values_list("pk", "series__study_id"):
            self.held.setdefault(study_id, set()).add(pk)
        self.series.update(instances.values_list("series_id", flat=True))
        self._settle(item, _converted(item, conversion, fates))
        self.used.update(part.pk for part in parts)
        if self.delivery.clearing is not None:
            return  # what was sent may name somebody: it is not kept
        for series in Series.objects.filter(pk__in=instances.values("series_id")):
            _remember(item, series, "image", conversion)
            for part in parts:
                _remember(part, series, "part")

    def _settle(self, item: IngestItem, fate: Fate) -> None:
        _settle(item, fate, self.delivery.clearing)

    def settle_others(self) -> None:
        """Say of data and side files what they were good for."""
        for each in self.arrived:
            item = self.items[each.key]
            if item.outcome != "waiting":
                continue
            if each.kind is Kind.PART:
                is_used = item.pk in self.used
                word = Kept("imaging.part_used") if is_used else Rejected("imaging.part_alone")
            else:
                word = _word_on_side(self.knowledge.uses.get(each.name, 0))
            if each.kind is Kind.PART and isinstance(word, Kept):
                self._settle(item, _kept(item, word))
            elif isinstance(word, Kept):  # it may name many patients: its bytes are not kept
                self._settle(item, Fate("kept", word.code, word.reason, word.next_step))
            else:
                self._settle(item, Fate.refused(word))

    def grant_held(self) -> None:
        """Let a person see a study of which what they sent makes every single instance."""
        user_id = self.delivery.actor.user_id
        if user_id is None or not self.held:
            return
        seen = studies_visible_to(actor=self.delivery.actor).values("pk")
        unseen = Study.objects.filter(pk__in=list(self.held)).exclude(pk__in=seen)
        whole = [study.pk for study in unseen if study.instance_count == len(self.held[study.pk])]
        if whole:
            audience_add_own(user_id=user_id, study_ids=whole)


def _arrived(items: Mapping[int, IngestItem], clearing: Clearing | None) -> Iterator[Arrived]:
    """Yield the waiting files with their kinds; one whose bytes are gone no longer waits."""
    for item in items.values():
        try:
            kind = kind_of(item.name, local_file(item.sha256))
        except (BlobMissing, OSError):
            kind = None
        if kind is None:
            _settle(item, Fate.refused(Rejected("imaging.vanished")), clearing)
        else:
            yield Arrived(name_in_delivery(item.name), kind, item.pk)


def _side_file(each: Arrived, item: IngestItem, clearing: Clearing | None) -> SideFile | None:
    if each.kind is not Kind.SIDE:
        return None
    try:
        return read_side_file(each.name, local_file(item.sha256))
    except Rejected as refusal:
        _settle(item, Fate.refused(refusal), clearing)
        return None


def _word_on_side(uses: int) -> Rejected:
    if not uses:
        return Rejected("imaging.side_unused")
    return Kept("imaging.side_used", why="one image" if uses == 1 else f"{uses} images")


def _content_hash(item: IngestItem, parts: Iterable[IngestItem]) -> str:
    """Return a hash over all bytes that an image was made from."""
    hashes = [item.sha256, *sorted(part.sha256 for part in parts)]
    if len(hashes) == 1:
        return item.sha256
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()


def _converted(item: IngestItem, conversion: "Conversion", fates: list[Fate]) -> Fate:
    """Return the fate of a file by those of its instances; at least one of these is there."""
    first = fates[0]
    if all(fate.outcome == "duplicate" for fate in fates):
        return Fate("duplicate", sha256=item.sha256, instance_pk=first.instance_pk)
    images = "one instance" if len(fates) == 1 else f"{len(fates)} instances"
    words = " ".join([f"Converted from {conversion.format} into {images}.", *conversion.remarks])
    return Fate(
        "converted",
        "imaging.converted",
        words if len(words) <= LONGEST_REASON else f"{words[: LONGEST_REASON - 1]}…",
        sha256=item.sha256,
        instance_pk=first.instance_pk,
    )


def _kept(item: IngestItem, refusal: Kept) -> Fate:
    return Fate("kept", refusal.code, refusal.reason, refusal.next_step, sha256=item.sha256)


SETTLED = (
    "outcome",
    "code",
    "reason",
    "next_step",
    "sha256",
    "instance",
    "sop_uid",
    "sop_class_uid",
    "name",
)


def _settle(item: IngestItem, fate: Fate, clearing: Clearing | None) -> None:
    """Write down what became of a file. The bytes of a refused one are left to the sweeper.

    What failed for a reason outside of it can be tried again. Under a policy a file's name and
    bytes have done their duty.
    """
    sha256 = item.sha256 if fate.code in OUTSIDE else fate.sha256
    item.outcome, item.code = fate.outcome, fate.code
    item.reason, item.next_step, item.sha256 = fate.reason, fate.next_step, sha256
    item.instance_id = fate.instance_pk
    if fate.outcome == "quarantined":
        item.sop_uid, item.sop_class_uid = fate.sop_uid, fate.sop_class_uid
    if clearing is not None:
        item.name, item.sha256 = neutral_name(clearing, item.name), ""
    item.save(update_fields=SETTLED)


def _forget_originals(shas: set[str]) -> None:
    """Remove what was sent under a policy, now that it is converted and cleared."""
    blobs_erase(shas)


def _remember(
    item: IngestItem, series: Series | None, role: str, conversion: "Conversion | None" = None
) -> None:
    """Keep the file itself, tied to what was made from it."""
    SourceFile.objects.get_or_create(
        series=series,
        sha256=item.sha256,
        role=role,
        defaults={
            "item": item,
            "name": item.name,
            "format": conversion.format if conversion else "",
            "remarks": list(conversion.remarks) if conversion else [],
            "labels": dict(conversion.labels) if conversion else {},
        },
    )


@contextmanager
def _scratch() -> Iterator[Path]:
    """Give a folder for what is unpacked and made; gone with all in it afterwards."""
    folder: Path = settings.LIMN_UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder) as place:
        yield Path(place)


def _sweep_scratch() -> None:
    """Remove what conversions that died have left behind."""
    folder: Path = settings.LIMN_UPLOADS
    for left in folder.glob(f"{SCRATCH}*"):
        if left.stat().st_mtime < time.time() - SCRATCH_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
