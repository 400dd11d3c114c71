"""Reads of sources and their runs, for administrators."""

from collections.abc import Iterable
from typing import Any, Literal, cast
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from pydantic import TypeAdapter

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.core.models import Job
from backend.imaging import policies
from backend.imaging.domain.messages import IngestCountsOut
from backend.imaging.domain.messages_sources import (
    ReceiverOut,
    RunState,
    Schedule,
    Settings,
    SourceListOut,
    SourceOut,
    SourceRunListOut,
    SourceRunOut,
)
from backend.imaging.models import Source, SourceRun
from backend.imaging.selectors.runs import run_counts

RUNS = 50
_SETTINGS: TypeAdapter[Settings] = TypeAdapter(Settings)
_STATE_OF_JOB: dict[str, RunState] = {
    "queued": "waiting",
    "sent": "waiting",
    "running": "running",
    "succeeded": "succeeded",
    "cancelled": "cancelled",
}


def settings_of(source: Source) -> Settings:
    """Return a source's settings."""
    return _SETTINGS.validate_python(source.settings)


def source_get(*, actor: Actor, source_id: UUID) -> Source:
    """Return one source."""
    policies.refuse_unless(policies.may_keep_sources(actor))
    source = Source.objects.filter(pk=source_id).first()
    if source is None:
        raise NotFound("There is no such source.")
    return source


def sources_list(*, actor: Actor) -> SourceListOut:
    """Return all sources by name, and what this installation allows."""
    policies.refuse_unless(policies.may_keep_sources(actor))
    newest = SourceRun.objects.filter(source=OuterRef("pk")).order_by("-created_at")
    sources = Source.objects.annotate(newest=Subquery(newest.values("pk")[:1])).order_by("name")
    keys = {source.pk: source.newest for source in sources}
    runs = {run.pk: run for run in _with_jobs([key for key in keys.values() if key])}
    return SourceListOut(
        results=[_source_out(each, runs.get(keys[each.pk])) for each in sources],
        watch_roots=settings.LIMN_WATCH_ROOTS,
        receiver=_receiver(),
    )


def source_out(source: Source) -> SourceOut:
    """Return a source as the interface speaks of it."""
    newest = source.runs.order_by("-created_at").values_list("pk", flat=True)[:1]
    return _source_out(source, next(iter(_with_jobs(newest)), None))


def source_runs(*, actor: Actor, source_id: UUID) -> SourceRunListOut:
    """Return the latest runs of a source."""
    source = source_get(actor=actor, source_id=source_id)
    newest = source.runs.order_by("-created_at").values_list("pk", flat=True)[:RUNS]
    return SourceRunListOut(results=[_run_out(run) for run in _with_jobs(newest)])


def source_run_out(run: SourceRun) -> SourceRunOut:
    """Return a run as the interface speaks of it."""
    return _run_out(next(iter(_with_jobs([run.pk]))))


def _with_jobs(keys: Iterable[UUID]) -> QuerySet[Any]:
    """Return runs with where their jobs stand."""
    job = Job.objects.filter(pk=OuterRef("job_id"))
    return (
        SourceRun.objects.filter(pk__in=list(keys))
        .select_related("ingest_run")
        .annotate(
            job_state=Subquery(job.values("state")[:1]),
            job_progress=Subquery(job.values("progress")[:1]),
            job_message=Subquery(job.values("message")[:1]),
        )
        .order_by("-created_at")
    )


def _receiver() -> ReceiverOut | None:
    port = settings.LIMN_DIMSE_PORT
    return ReceiverOut(ae_title=settings.LIMN_DIMSE_AE, port=port) if port else None


def _source_out(source: Source, run: Any) -> SourceOut:  # noqa: ANN401  a run with its job's columns
    return SourceOut(
        id=source.pk,
        name=source.name,
        settings=settings_of(source),
        has_secret=bool(bytes(source.sealed)),
        policy=source.policy,
        project_id=source.project_id,
        schedule=Schedule(**source.schedule),
        is_enabled=source.is_enabled,
        next_run_at=source.next_run_at if source.is_enabled else None,
        last_run=_run_out(run) if run is not None else None,
        created_at=source.created_at,
    )


def _run_out(run: Any) -> SourceRunOut:  # noqa: ANN401  a run with its job's columns
    delivery = run.ingest_run
    counts: dict[str, int] = {}
    if delivery is not None:
        counts = delivery.counts if delivery.state == "finished" else run_counts(delivery)
    is_over = run.finished_at is not None
    trigger: Literal["person", "schedule", "sender"] = run.trigger
    return SourceRunOut(
        id=run.pk,
        state=_state(run),
        trigger=trigger,
        job_id=run.job_id,
        progress=1.0 if is_over else run.job_progress or 0.0,
        message="" if is_over else run.job_message or "",
        ingest_run_id=delivery.pk if delivery is not None else None,
        found=run.found,
        skipped=run.skipped,
        growing=run.growing,
        counts=IngestCountsOut(**counts),
        problem=run.problem or None,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )


def _state(run: Any) -> RunState:  # noqa: ANN401  a run with its job's columns
    if run.finished_at is not None:
        return cast("RunState", run.outcome)
    if run.job_id is None:
        return "running"
    return _STATE_OF_JOB.get(run.job_state or "", "failed")
