"""Looks at sources: by a person or by the clock, each a job that can be killed at any point.

What was stored is remembered batch by batch, after the rows of the batch are committed. Who dies
between the two finds those few files as duplicates in the next attempt, which goes on with the
same delivery. Nothing is asked of a source while a look at it is under way.
"""

import itertools
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.domain import OPEN_STATES
from backend.core.errors import LimnError, Unavailable
from backend.core.models import Job
from backend.core.services import JobCancelled, JobLost, Progress, job_create, job_heartbeat
from backend.imaging import policies
from backend.imaging.domain.messages_sources import Schedule
from backend.imaging.domain.schedules import next_run
from backend.imaging.models import IngestItem, IngestRun, Source, SourceRun, Study
from backend.imaging.selectors.sources import settings_of, source_get
from backend.imaging.services.audiences import audience_add_studies
from backend.imaging.services.deid import memory_only_of
from backend.imaging.services.ingest import files_ingest, run_complete, run_open
from backend.imaging.services.sources.fetchers import fetcher_for
from backend.imaging.services.sources.found import Found, Look, Tell
from backend.imaging.services.sources.keeping import secrets_of
from backend.imaging.services.sources.seen import Tally, unseen
from backend.imaging.task_names import RUN_SOURCE

KEPT_RUNS = 100
DUE_AT_ONCE = 20
TOLD_EVERY_SECONDS = 1.0
_CONVERTED = frozenset({"folder", "s3"})
INTERNAL = "Limn failed at this because of a fault of its own; the log has the details."


@transaction.atomic
def source_run_start(*, actor: Actor, source_id: UUID) -> SourceRun:
    """Have a source looked at now; where that is under way already, return the run there is."""
    policies.refuse_unless(policies.may_keep_sources(actor))
    source = source_get(actor=actor, source_id=source_id)
    fetcher_for(settings_of(source), {})  # refuses a receiver
    run = _start(source, actor, "person")
    audit_record(actor=actor, verb="source.run", target_id=source.pk, name=source.name)
    return run


def sources_due() -> int:
    """Begin what the clock asks for; return how many. Two clocks at once do no harm."""
    for run in _left_behind():
        _finish(run, "failed", "Its workers stopped again and again; the next look goes on.")
    begun = 0
    now = timezone.now()
    with transaction.atomic():
        due = Source.objects.select_for_update(no_key=True, skip_locked=True).filter(
            is_enabled=True, next_run_at__lte=now
        )
        for source in due.order_by("next_run_at")[:DUE_AT_ONCE]:
            _start(source, Actor.system(), "schedule")
            source.next_run_at = next_run(Schedule(**source.schedule), now)
            source.save(update_fields=["next_run_at"])
            begun += 1
    return begun


def _left_behind() -> list[SourceRun]:
    """Return runs that nobody will end any more: their jobs were lost, cancelled or have failed."""
    unfinished = SourceRun.objects.filter(finished_at=None, job_id__isnull=False)
    jobs = unfinished.values("job_id")
    ended = Job.objects.filter(pk__in=jobs).exclude(state__in=OPEN_STATES).values("pk")
    return list(unfinished.filter(job_id__in=ended).select_related("ingest_run", "source"))


def _start(source: Source, actor: Actor, trigger: str) -> SourceRun:
    job = job_create(
        actor=actor,
        kind=RUN_SOURCE,
        queue="default",
        request={"source_id": str(source.pk)},
        dedupe_key=str(source.pk),
    )
    under_way = SourceRun.objects.filter(job_id=job.pk, finished_at=None).first()
    if under_way is not None:
        return under_way
    _forget_old(source)
    return SourceRun.objects.create(job_id=job.pk, source=source, trigger=trigger)


def _forget_old(source: Source) -> None:
    """Forget looks of the clock that found nothing, and those of long ago; their jobs, too."""
    old = list(source.runs.order_by("-created_at").values_list("pk", flat=True)[KEPT_RUNS:])
    idle = Q(trigger="schedule", outcome="succeeded", ingest_run=None, growing=0)
    forgotten = source.runs.filter(idle | Q(pk__in=old))
    jobs = Job.objects.filter(pk__in=list(forgotten.values_list("job_id", flat=True)))
    jobs.exclude(state__in=OPEN_STATES).delete()
    forgotten.delete()


def source_run_job(job: Job, progress: Progress) -> dict[str, Any]:
    """Look at a source and take in what is new."""
    run = _run_of(job)
    if run is None:
        return {}
    try:
        problem = _look(run, _telling(job, progress))
    except JobLost:
        raise
    except JobCancelled:
        _finish(run, "cancelled", "Stopped on request; what had come is kept.")
        raise
    except LimnError as error:
        _finish(run, "failed", error.detail)
        raise
    except Exception:
        _finish(run, "failed", INTERNAL)
        raise
    _finish(run, "succeeded", problem, progress)
    return {"source_run_id": str(run.pk)}


def _telling(job: Job, progress: Progress) -> Tell:
    """Return what notes how far a look is; somebody may be watching, so each second it is told."""
    told_at = time.monotonic()

    def tell(share: float, message: str) -> None:
        nonlocal told_at
        progress(share, message)  # raises where the look should stop
        if time.monotonic() - told_at >= TOLD_EVERY_SECONDS:
            told_at = time.monotonic()
            verdict = job_heartbeat(
                job_id=job.pk, attempt=job.attempt, progress=share, message=message
            )
            if verdict == "cancelled":
                raise JobCancelled("Stopped on request.")

    return tell


def _run_of(job: Job) -> SourceRun | None:
    """Return the run of a job: a new one where it is tried again after it had ended."""
    runs = SourceRun.objects.select_related("source", "ingest_run__policy").filter(job_id=job.pk)
    run = runs.order_by("-created_at").first()
    if run is None or run.finished_at is None:
        return run
    return SourceRun.objects.create(source=run.source, trigger=run.trigger, job_id=job.pk)


def _look(run: SourceRun, tell: Tell) -> str:
    """Take in what is new; return what is to be told of files that could not be fetched."""
    source = run.source
    look = Look(
        unseen=lambda marks: unseen(run, marks),
        tell=tell,
        in_memory=memory_only_of(source.policy, source.kind, source.project_id),
    )
    found = fetcher_for(settings_of(source), secrets_of(source)).files(look)
    try:
        first = next(found, None)
        if first is not None:
            _take_in(run, itertools.chain([first], found))
    finally:
        run.skipped, run.growing = look.skipped, look.growing
    if look.missed and first is None and not look.sent:
        raise Unavailable(f"Nothing new could be fetched: {look.problem}")
    return look.problem


def _take_in(run: SourceRun, found: Iterator[Found]) -> None:
    tally = Tally(run)
    items = files_ingest(
        actor=Actor.system(),
        run=_delivery(run),
        files=tally.opened(found),
        audience_id=run.source.project_id,
        converts=run.source.kind in _CONVERTED,
    )
    try:
        for item in items:
            tally.settle(item)
    finally:
        tally.remember()
        run.found = run.seen.count() + tally.unsafe


@transaction.atomic
def _delivery(run: SourceRun) -> IngestRun:
    """Return the delivery of this run; an attempt after another goes on with the same."""
    if run.ingest_run is None:
        source = run.source
        run.ingest_run = run_open(
            actor=Actor.system(),
            source=source.kind,
            label=source.name,
            policy=source.policy or None,
            audience_id=source.project_id,
        )
        run.save(update_fields=["ingest_run"])
    return run.ingest_run


def _finish(run: SourceRun, outcome: str, problem: str, progress: Progress | None = None) -> None:
    """Close the delivery, where there is one, and write down how the look ended."""
    if run.ingest_run is None:  # what was sent to the receiver meanwhile is of this run
        run.refresh_from_db(fields=["ingest_run"])
        run.found = run.seen.count()
    delivery = run.ingest_run
    if delivery is not None and delivery.state != "finished":
        if progress is not None:
            progress(1.0, "Converting files and forming volumes")
        run_complete(actor=Actor.system(), run=delivery, audience_id=run.source.project_id)
        _show_what_was_there(run.source, delivery)
    run.outcome, run.problem, run.finished_at = outcome, problem[:400], timezone.now()
    run.save(update_fields=["outcome", "problem", "finished_at", "found", "skipped", "growing"])


def _show_what_was_there(source: Source, delivery: IngestRun) -> None:
    """Let a source's project see a study that was stored before, if all of it has come this way."""
    if source.project_id is None:
        return
    came = (
        IngestItem.objects.filter(run=delivery, outcome__in=["stored", "duplicate"])
        .values("instance__series__study_id")
        .annotate(files=Count("instance_id", distinct=True))
    )
    counts = {row["instance__series__study_id"]: row["files"] for row in came}
    studies = Study.objects.filter(pk__in=list(counts))
    whole = [study.pk for study in studies if study.instance_count == counts[study.pk]]
    audience_add_studies(audience_id=source.project_id, study_ids=whole)
