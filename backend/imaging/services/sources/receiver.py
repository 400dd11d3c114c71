"""Senders over DIMSE: who may call, and what becomes of what they send.

A visit (an association) that stores is one delivery. A file is told to be stored only after its
rows are committed. If the process dies, what was told is there, and the delivery is closed when
the process starts again, or by the clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.drafts import Draft
from backend.imaging.domain.messages_sources import PacsSettings, ReceiverSettings
from backend.imaging.models import IngestItem, IngestRun, SeenFile, Source, SourceRun, Study
from backend.imaging.selectors.runs import run_counts
from backend.imaging.selectors.sources import settings_of
from backend.imaging.services.audiences import audience_add_own
from backend.imaging.services.deid import memory_only_of
from backend.imaging.services.grids import grids_later
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.ingest import files_ingest, run_open, run_stale_series
from backend.imaging.services.sources.found import mark_of

RECEIVED = "dimse"
_TAKEN = ("stored", "duplicate")
_SYSTEM = Actor.system()


@dataclass(frozen=True)
class Caller:
    """Somebody who may call: the source that lets them in, and what they may read."""

    title: str
    source: Source
    may_read: str

    @property
    def reader(self) -> Actor | None:
        """Return as whom they read; None where they may not."""
        if self.may_read == "all":
            return _SYSTEM
        return Actor(user_id=self.source.pk) if self.may_read == "sent" else None


@dataclass
class Visit:
    """One association: what it brought so far. Its deliveries are opened by the first file."""

    caller: Caller
    runs: dict[UUID, SourceRun] = field(default_factory=dict)


def caller_find(title: str, host: str) -> Caller | None:
    """Return who calls from there under that title; None for somebody unknown."""
    for source in Source.objects.filter(kind="receiver", is_enabled=True).order_by("created_at"):
        chosen = settings_of(source)
        if not isinstance(chosen, ReceiverSettings) or title not in chosen.callers:
            continue
        if not chosen.hosts or host in chosen.hosts:
            return Caller(title, source, chosen.may_read)
    moving = _moving(lambda chosen: chosen.called_ae == title)
    return Caller(title, moving, "nothing") if moving is not None else None


def _moving(fits: Callable[[PacsSettings], bool], originator: str = "") -> Source | None:
    """Return the archive that was asked to send here (C-MOVE) and fits."""
    for source in Source.objects.filter(kind="pacs").order_by("created_at"):
        chosen = settings_of(source)
        if not isinstance(chosen, PacsSettings) or chosen.retrieve != "move":
            continue
        if fits(chosen) and originator in {"", chosen.calling_ae}:
            return source
    return None


def any_in_memory() -> bool:
    """Tell whether a policy of a receiver forbids that what arrives touches the disk."""
    sources = Source.objects.filter(kind__in=["receiver", "pacs"], is_enabled=True)
    return any(memory_only_of(source.policy, RECEIVED, source.project_id) for source in sources)


def visit_draft(visit: Visit) -> Draft:
    """Begin a file that arrives: in memory alone where the policy asks for that."""
    source = visit.caller.source
    in_memory = memory_only_of(source.policy, RECEIVED, source.project_id)
    return blob_store().passing(off_disk=True) if in_memory else blob_store().draft()


def visit_store(
    visit: Visit, incoming: Incoming, *, sop_uid: str, originator: str = ""
) -> IngestItem:
    """Take in one file; it is durable when this returns."""
    source = visit.caller.source
    if originator:
        title = visit.caller.title
        source = _moving(lambda chosen: chosen.called_ae == title, originator) or source
    run = _run(visit, source)
    item = next(
        files_ingest(
            actor=_SYSTEM, run=_delivery(run), files=[incoming], audience_id=source.project_id
        )
    )
    if source.kind == "pacs" and item.outcome in {*_TAKEN, "quarantined"}:
        SeenFile.objects.bulk_create(
            [SeenFile(source=source, mark=mark_of(sop_uid), run=run)], ignore_conflicts=True
        )
    if visit.caller.may_read == "sent" and item.instance_id is not None:
        studies = Study.objects.filter(series__instances__pk=item.instance_id)
        audience_add_own(user_id=source.pk, study_ids=studies.values_list("pk", flat=True))
    return item


def _run(visit: Visit, source: Source) -> SourceRun:
    run = visit.runs.get(source.pk)
    if run is None:
        asked = SourceRun.objects.filter(source=source, finished_at=None, job_id__isnull=False)
        run = asked.select_related("source", "ingest_run__policy").first()
        if run is None:
            run = SourceRun.objects.create(source=source, trigger="sender")
        visit.runs[source.pk] = run
    return run


def _delivery(run: SourceRun) -> IngestRun:
    with transaction.atomic():
        held = SourceRun.objects.select_for_update(no_key=True, of=("self",)).get(pk=run.pk)
        if held.ingest_run is None:
            source = run.source
            kind = RECEIVED if source.kind == "receiver" else source.kind
            held.ingest_run = run_open(
                actor=_SYSTEM,
                source=kind,
                label=source.name,
                policy=source.policy or None,
                audience_id=source.project_id,
            )
            held.save(update_fields=["ingest_run"])
    run.ingest_run = held.ingest_run
    return held.ingest_run


def visit_end(visit: Visit) -> None:
    """Close the deliveries of a visit; grids are formed in the background."""
    for run in visit.runs.values():
        if run.job_id is None:  # else the look that asked for it closes it
            _close(run)
    visit.runs.clear()


def visits_recover() -> int:
    """Close what visits of a process that died have left open; return how many."""
    left = SourceRun.objects.filter(job_id=None, finished_at=None)
    runs = list(left.select_related("source", "ingest_run"))
    for run in runs:
        _close(run, "The receiver stopped in the middle; everything it had confirmed is kept.")
    return len(runs)


@transaction.atomic
def _close(run: SourceRun, problem: str = "") -> None:
    delivery = run.ingest_run
    if delivery is not None and delivery.state == "open":
        grids_later(actor=_SYSTEM, series_ids=run_stale_series(delivery))
        delivery.counts, delivery.state = run_counts(delivery), "finished"
        delivery.finished_at = timezone.now()
        delivery.save(update_fields=["counts", "state", "finished_at"])
        audit_record(
            actor=_SYSTEM, verb="ingest.finished", target_id=delivery.pk, **delivery.counts
        )
        run.found = sum(delivery.counts.values())
    run.outcome, run.problem, run.finished_at = "succeeded", problem, timezone.now()
    run.save(update_fields=["outcome", "problem", "finished_at", "found"])
