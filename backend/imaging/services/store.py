"""Puts a batch of files into the store and the index.

Order matters: bytes first (durable), then one transaction with all rows. If the process dies
between the two, nothing is visible and the bytes are found again by the next delivery. Rows are
written in one order everywhere (patients, studies, series, instances, each sorted), so that two
deliveries of the same files wait for one another and never deadlock; who comes second finds a
duplicate.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from uuid import UUID

from django.db import DatabaseError, transaction

from backend.core.actor import Actor
from backend.core.erasing import erasures_hold
from backend.core.patience import is_away, patiently
from backend.imaging.domain.identity import settle
from backend.imaging.domain.parsed import Parsed
from backend.imaging.domain.rejections import Rejected
from backend.imaging.domain.same_image import is_same_image
from backend.imaging.models import IngestItem, IngestRun, Instance, Upload
from backend.imaging.selectors.frames import local_file
from backend.imaging.services.bulk import BulkInsert
from backend.imaging.services.clearing import Clearing, clearing_record, files_clear
from backend.imaging.services.foreign import foreign_fate
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.keeping import batch_keep, file_keep
from backend.imaging.services.rivals import rival_hold
from backend.imaging.services.rows import Fate, Ready, rows_write

_ITEM_COLUMNS = {
    "run_id": "uuid",
    "upload_id": "uuid",
    "name": "text",
    "outcome": "text",
    "code": "text",
    "reason": "text",
    "next_step": "text",
    "sha256": "text",
    "sop_uid": "text",
    "sop_class_uid": "text",
    "instance_id": "bigint",
}
_ITEMS = BulkInsert("imaging_ingestitem", _ITEM_COLUMNS)
log = logging.getLogger(__name__)
BATCH = 50
REUSED = "imaging.uid_reused"
_Found = TypeVar("_Found")
_LONGEST_NAME = 500


@dataclass(frozen=True)
class Delivery:
    """Who brings files in, under which run, for whom to see."""

    actor: Actor
    run: IngestRun
    upload: Upload | None = None
    audience_id: UUID | None = None
    only_study_uid: str = ""
    clearing: Clearing | None = None
    converts: bool = False
    patience_s: float = 0.0


def batch_store(delivery: Delivery, batch: Sequence[Incoming]) -> list[IngestItem]:
    """Take a batch in and return what became of each file, in order. Nothing stops the run.

    Under a policy these are the cleared ones.
    """
    return _store(delivery, batch, _record)


def made_store(delivery: Delivery, batch: Sequence[Incoming]) -> list[Fate]:
    """Take in instances that Limn made itself: the run speaks of what they were made from."""

    def fates_of(
        _delivery: Delivery, _batch: Sequence[Incoming], prepared: _Prepared
    ) -> list[Fate]:
        internal = Fate.refused(Rejected("imaging.internal"))
        return [fate or internal for fate in prepared.fates]

    clearing = delivery.clearing
    made = batch if clearing is None else list(files_clear(clearing, batch))
    try:
        return _store(delivery, made, fates_of)
    finally:
        for incoming in made:
            incoming.discard()


@dataclass
class _Prepared:
    """A batch whose bytes are safe; those of the places in `there` were in the store already."""

    fates: list[Fate | None]
    parsed: dict[int, Parsed] = field(default_factory=dict)
    ready: list[Ready] = field(default_factory=list)
    there: set[int] = field(default_factory=set)


_Finish = Callable[[Delivery, Sequence[Incoming], _Prepared], list[_Found]]


def _store(delivery: Delivery, batch: Sequence[Incoming], finish: _Finish[_Found]) -> list[_Found]:
    prepared = _prepare(delivery, batch)
    found = patiently(delivery.patience_s, lambda: _write(delivery, batch, prepared, finish))
    if delivery.clearing is not None:
        delivery.clearing.begin_anew()
    return found


@transaction.atomic
def _write(
    delivery: Delivery, batch: Sequence[Incoming], prepared: _Prepared, finish: _Finish[_Found]
) -> list[_Found]:
    """Write all rows of a batch: a file is in the index and in the record of the run, or in neither.

    May be tried again: what was prepared is not changed.
    """
    written = replace(prepared, fates=list(prepared.fates))
    if written.there:
        erasures_hold()
    _index(delivery, written.ready, written.fates)
    _keep_rest(delivery, batch, written)
    if delivery.clearing is not None:
        clearing_record(delivery.clearing)
    return finish(delivery, batch, written)


def _keep_rest(delivery: Delivery, batch: Sequence[Incoming], written: _Prepared) -> None:
    """Keep bytes that turned out to be needed, though they were there: they may have gone since."""
    for each in written.ready:
        fate = written.fates[each.place]
        is_rival = fate is not None and fate.code == REUSED
        if fate is None or not (is_rival or fate.outcome == "stored"):
            continue
        if is_rival and _shows_the_same(batch[each.place], each):
            same = Rejected("imaging.same_image")
            written.fates[each.place] = Fate.refused(same, each.blob.sha256)
            continue
        if each.place in written.there:
            file_keep(batch[each.place])
        if is_rival:
            written.fates[each.place] = rival_hold(
                delivery.run,
                each,
                name=_name(batch[each.place]),
                audience_id=delivery.audience_id,
            )


def _shows_the_same(incoming: Incoming, ready: Ready) -> bool:
    """Tell whether a rival shows what is stored: both may have come in one batch."""
    stored = _known({ready.identity.sop_uid}).get(ready.identity.sop_uid)
    return stored is not None and is_same_image(incoming.path, local_file(stored))


def _prepare(delivery: Delivery, batch: Sequence[Incoming]) -> _Prepared:
    """Read the headers and make the bytes durable; return what can be indexed."""
    prepared = _Prepared([None] * len(batch))
    for place, incoming in enumerate(batch):
        try:
            prepared.parsed[place] = incoming.parsed()
        except Rejected as refusal:
            prepared.fates[place] = _fate_of_refused(delivery, incoming, refusal)
        except Exception:
            log.exception("A file could not be read")  # no name: it may carry a patient's
            prepared.fates[place] = Fate.refused(Rejected("imaging.internal"))
    _put_all(delivery, batch, prepared)
    return prepared


def _fate_of_refused(delivery: Delivery, incoming: Incoming, refusal: Rejected) -> Fate:
    if not delivery.converts:
        return Fate.refused(refusal)
    return foreign_fate(incoming, refusal, delivery.clearing.policy if delivery.clearing else None)


def _put_all(delivery: Delivery, batch: Sequence[Incoming], prepared: _Prepared) -> None:
    """Make the bytes durable; of what is stored already only the hash is taken."""
    parsed = prepared.parsed
    uids = {uid for each in parsed.values() if (uid := each.given_sop_uid)}
    known = patiently(delivery.patience_s, lambda: _known(uids))
    fates, prepared.there = batch_keep(batch, parsed, known)
    for place, kept in fates.items():
        if isinstance(kept, Rejected):
            prepared.fates[place] = Fate.refused(kept)
            continue
        ready = Ready(place, parsed[place], settle(parsed[place], kept.sha256), kept)
        if _fits(delivery, ready, prepared.fates):
            prepared.ready.append(ready)


def _known(uids: set[str]) -> dict[str, str]:
    """Return the hashes of those of the instances that are stored."""
    rows = Instance.objects.filter(sop_uid__in=uids).values_list("sop_uid", "blob_sha256")
    return dict(rows)


def _fits(delivery: Delivery, ready: Ready, fates: list[Fate | None]) -> bool:
    if delivery.only_study_uid in {"", ready.identity.study["uid"]}:
        return True
    fates[ready.place] = Fate.refused(Rejected("imaging.other_study"), ready.blob.sha256)
    return False


def _index(delivery: Delivery, ready: list[Ready], fates: list[Fate | None]) -> None:
    """Write the rows of a batch; if one cannot be written, write them one by one."""
    try:
        for place, fate in rows_write(
            actor=delivery.actor,
            ready=ready,
            audience_id=delivery.audience_id,
            source=delivery.run.source,
        ).items():
            fates[place] = fate
    except DatabaseError:
        if is_away():
            raise
        if len(ready) == 1:
            log.exception("The rows of a file could not be written")
            internal = Fate.refused(Rejected("imaging.internal"), ready[0].blob.sha256)
            fates[ready[0].place] = internal
            return
        log.warning("A batch of %s files is written one by one", len(ready))
        for each in ready:
            _index(delivery, [each], fates)


def _name(incoming: Incoming) -> str:
    name = incoming.name.replace("\0", "")[-_LONGEST_NAME:]
    return name.encode("utf-8", "replace").decode("utf-8")


def _record(delivery: Delivery, batch: Sequence[Incoming], written: _Prepared) -> list[IngestItem]:
    items = []
    for place, (incoming, found) in enumerate(zip(batch, written.fates, strict=True)):
        fate = found or Fate.refused(Rejected("imaging.internal"))
        header = written.parsed.get(place)
        items.append(
            IngestItem(
                run=delivery.run,
                upload=delivery.upload,
                name=_name(incoming),
                outcome=fate.outcome,
                code=fate.code,
                reason=fate.reason,
                next_step=fate.next_step,
                sha256=fate.sha256,
                sop_uid=header.given_sop_uid if header else fate.sop_uid,
                sop_class_uid=header.sop_class_uid if header else fate.sop_class_uid,
                instance_id=fate.instance_pk,
            )
        )
    _ITEMS.add(_item_row(item) for item in items)
    return items


def _item_row(item: IngestItem) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(item, name) for name in _ITEM_COLUMNS}
    row.update({name: row[name] and str(row[name]) for name in ("run_id", "upload_id")})
    return row
