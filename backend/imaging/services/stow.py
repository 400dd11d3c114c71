"""STOW-RS: parts of a request become files, files become a delivery."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.drafts import Draft
from backend.imaging.domain.multipart import CHUNK_BYTES, MultipartReader
from backend.imaging.models import IngestItem, IngestRun, Instance, Series
from backend.imaging.selectors.runs import OUTCOMES
from backend.imaging.services.deid import is_memory_only
from backend.imaging.services.grids import grids_later, grids_refresh
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.ingest import files_ingest, run_open

# Grids of a series that came in one request are formed at once, up to this size; of others in the
# background, or each request of a long series would pay for all of it again.
FORMED_AT_ONCE = 40


@dataclass(frozen=True)
class Taken:
    """Where an instance of the request is found from now on."""

    study_uid: str
    series_uid: str
    sop_uid: str


class StoredItem(Protocol):
    """What the sender is told of a file's fate."""

    code: str
    reason: str
    sop_uid: str
    sop_class_uid: str


@dataclass(frozen=True)
class Stored:
    """A part's fate: where it is, None if it was not taken; `is_coerced` if it was changed first."""

    item: StoredItem
    place: Taken | None
    is_coerced: bool


def stow(
    *, actor: Actor, read_into: Callable[[memoryview], int], boundary: str, study_uid: str = ""
) -> list[Stored]:
    """Take in every part of a multipart body, in constant memory; return each one's fate.

    Without a boundary the body is one file.
    """
    run = _open(actor)
    items: list[IngestItem] = []
    try:
        for item in files_ingest(
            actor=actor,
            run=run,
            files=_parts(read_into, boundary, run),
            only_study_uid=study_uid,
        ):
            items.append(item)  # noqa: PERF402  what was taken before a failure must be known
    finally:
        taken, stored = _taken(items)
        _close(actor, run, items, stored)
    changes = run.policy is not None and bool(run.policy.document.get("applies", True))
    return [
        Stored(item, place, changes and place is not None)
        for item in items
        for place in [taken.get(item.instance_id or 0)]
    ]


def _open(actor: Actor) -> IngestRun:
    """Open the run without waiting for the disk: nothing is promised before its files are stored."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
        return run_open(actor=actor, source="stow")


def _taken(items: list[IngestItem]) -> tuple[dict[int, Taken], Counter[UUID]]:
    """Return where the instances are, by their keys, and how many are new in which series."""
    rows = Instance.objects.filter(
        pk__in=[item.instance_id for item in items if item.instance_id]
    ).values_list("pk", "series_id", "series__study__uid", "series__uid", "sop_uid")
    new = {item.instance_id for item in items if item.outcome == "stored"}
    found, stored = {}, Counter[UUID]()
    for pk, series_id, *uids in rows:
        found[pk] = Taken(*uids)
        stored[series_id] += pk in new
    return found, stored


def _parts(
    read_into: Callable[[memoryview], int], boundary: str, run: IngestRun
) -> Iterator[Incoming]:
    """Yield the files of a body; while the next is received, each is read and made durable.

    What a policy is about to write anew waits for that: the sender's own bytes need not last.
    """
    open_ones: list[Draft] = []
    as_sent, off_disk = run.policy is None, is_memory_only(run)

    def open_body() -> Draft:
        store = blob_store()
        open_ones.append(store.draft() if as_sent else store.passing(off_disk=off_disk))
        return open_ones[-1]

    try:
        for number, _ in enumerate(_bodies(read_into, boundary, open_body), start=1):
            draft = open_ones.pop()
            if as_sent:
                draft.flush_soon()
            yield Incoming.drafted(f"part {number}", draft, reads=as_sent)
    finally:
        for draft in open_ones:
            draft.discard()


def _bodies(
    read_into: Callable[[memoryview], int], boundary: str, open_body: Callable[[], Draft]
) -> Iterator[None]:
    """Read the body, part by part, into what `open_body` gives."""
    if boundary:
        for _ in MultipartReader(read_into, boundary).parts(open_body):
            yield
        return
    draft, room = open_body(), memoryview(bytearray(CHUNK_BYTES))
    while count := read_into(room):
        draft.write(room[:count])
    yield


@transaction.atomic
def _close(actor: Actor, run: IngestRun, items: list[IngestItem], stored: Counter[UUID]) -> None:
    """Close the run. The grids of series that came whole are formed now, others a little later."""
    stale = Series.objects.filter(pk__in=stored, grids_stale=True)
    sizes = dict(stale.values_list("pk", "instance_count"))
    whole = {pk for pk, size in sizes.items() if size == stored[pk] and size <= FORMED_AT_ONCE}
    grids_refresh(whole)
    grids_later(actor=actor, series_ids=sizes.keys() - whole)
    run.counts = {**dict.fromkeys(OUTCOMES, 0), **Counter(item.outcome for item in items)}
    run.state, run.finished_at = "finished", timezone.now()
    run.save(update_fields=["counts", "state", "finished_at"])
    audit_record(actor=actor, verb="ingest.finished", target_id=run.pk, **run.counts)
