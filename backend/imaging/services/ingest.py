"""Deliveries: open a run, take files in, close it with its grids formed."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from backend.audit.services import audit_record
from backend.core import events
from backend.core.actor import Actor
from backend.core.models import Job
from backend.core.services import Progress, job_create
from backend.imaging.models import IngestItem, IngestRun, Instance, Series, Study, Upload
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.runs import run_counts, run_get
from backend.imaging.services.audiences import audience_add_own
from backend.imaging.services.clearing import clearing_of, files_clear
from backend.imaging.services.conversions import run_convert, run_waits
from backend.imaging.services.deid import is_memory_only, policy_for, policy_named
from backend.imaging.services.file_sets import indexes_compare
from backend.imaging.services.grids import grids_refresh
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.store import BATCH, Delivery, batch_store
from backend.imaging.services.unpacking import incoming_from
from backend.imaging.task_names import CONVERT_RUN

CONVERTING = "converting"
# How long a command waits for a database that is away, for each batch.
PATIENCE_S = 300.0


@transaction.atomic
def run_open(
    *,
    actor: Actor,
    source: str,
    label: str = "",
    policy: str | None = None,
    audience_id: UUID | None = None,
) -> IngestRun:
    """Begin a delivery, under the policy named, else that of its project or source."""
    chosen = policy_named(policy) if policy else policy_for(source=source, audience_id=audience_id)
    run = IngestRun.objects.create(
        actor_id=actor.user_id, source=source, label=label[:200], policy=chosen
    )
    audit_record(actor=actor, verb="ingest.opened", target_id=run.pk, source=source)
    return run


def files_ingest(
    *,
    actor: Actor,
    run: IngestRun,
    files: Iterable[Incoming],
    upload: Upload | None = None,
    audience_id: UUID | None = None,
    only_study_uid: str = "",
    converts: bool = False,
    patience_s: float = 0,
) -> Iterator[IngestItem]:
    """Take files in, batch by batch, and yield what became of each. Memory stays flat.

    With `converts`, files that are not DICOM wait for the end of the delivery. With `patience_s`
    a database that is away is waited for, so long for each batch.
    """
    clearing = clearing_of(run, audience_id)
    delivery = Delivery(
        actor=actor,
        run=run,
        upload=upload,
        audience_id=audience_id,
        only_study_uid=only_study_uid,
        clearing=clearing,
        converts=converts,
        patience_s=patience_s,
    )
    waiting = iter(files) if clearing is None else files_clear(clearing, files)
    while batch := _next_batch(waiting):
        try:
            yield from batch_store(delivery, batch)
        finally:
            for incoming in batch:
                incoming.discard()


def _next_batch(waiting: Iterator[Incoming]) -> list[Incoming]:
    """Return the next files; where they stop coming in the middle, those of the batch are dropped."""
    batch: list[Incoming] = []
    try:
        for incoming in islice(waiting, BATCH):
            batch.append(incoming)  # noqa: PERF402  what came before a failure must be known
    except BaseException:
        for incoming in batch:
            incoming.discard()
        raise
    return batch


def run_finish(*, actor: Actor, run_id: UUID) -> IngestRun:
    """Close a delivery; where files wait to be converted, a job does that first and closes it."""
    run = run_get(actor=actor, run_id=run_id)
    if run.state == CONVERTING:
        return run
    if run_waits(run):
        return run_convert_later(actor=actor, run=run)
    return _run_close(actor, run)


@transaction.atomic
def run_convert_later(*, actor: Actor, run: IngestRun) -> IngestRun:
    """Have what waits in a delivery converted in the background."""
    run.state = CONVERTING
    run.save(update_fields=["state"])
    job_create(
        actor=actor,
        kind=CONVERT_RUN,
        queue="default",
        request={"run_id": str(run.pk)},
        dedupe_key=str(run.pk),
    )
    return run


def run_look_again(*, actor: Actor, run_id: UUID) -> None:
    """Convert what has come after its delivery was closed: a large archive is read for long."""
    run = IngestRun.objects.get(pk=run_id)
    if run.state == "finished" and run_waits(run):
        run_convert_later(actor=actor, run=run)


def run_convert_job(job: Job, progress: Progress) -> dict[str, Any]:
    """Convert what waits in a delivery, and close it."""
    run = IngestRun.objects.select_related("policy").get(pk=job.request["run_id"])
    run_complete(actor=run_actor(run), run=run, progress=progress)
    return {"run_id": str(run.pk)}


def run_actor(run: IngestRun) -> Actor:
    """Return who a delivery is of; one without a person was begun by a command."""
    return Actor.system() if run.actor_id is None else Actor(user_id=run.actor_id)


def _run_close(actor: Actor, run: IngestRun) -> IngestRun:
    """Form the grids a delivery touched, grant what it proves, keep its counts."""
    grids_refresh(run_stale_series(run))
    indexes_compare(run)
    with transaction.atomic():
        if actor.user_id is not None:
            _grant_complete_duplicates(actor, run)
        run.counts = run_counts(run)
        run.state = "finished"
        run.finished_at = timezone.now()
        run.save(update_fields=["counts", "state", "finished_at"])
        audit_record(actor=actor, verb="ingest.finished", target_id=run.pk, **run.counts)
        if actor.user_id is not None:
            events.publish(f"user:{actor.user_id}", "ingest_run", run.pk)
    return run


def run_stale_series(run: IngestRun) -> list[UUID]:
    """Return the series of this delivery whose grids are not formed yet.

    A duplicate may be of a delivery whose process died before it came to that.
    """
    touched = Instance.objects.filter(
        ingestitem__run=run, ingestitem__outcome__in=["stored", "duplicate"]
    )
    stale = Series.objects.filter(grids_stale=True)
    stored = stale.filter(pk__in=touched.values("series_id"))
    made = stale.filter(source_files__item__run=run)
    return list(stored.union(made).values_list("pk", flat=True))


def ingest_paths(
    *,
    actor: Actor,
    paths: Iterable[Path],
    source: str = "command",
    label: str = "",
    audience_id: UUID | None = None,
    policy: str | None = None,
) -> IngestRun:
    """Take files, folders and archives in as one delivery; the grids are there on return."""
    run = run_open(actor=actor, source=source, label=label, policy=policy, audience_id=audience_id)
    off_disk = is_memory_only(run)
    files = (one for path in paths for one in incoming_from(Path(path), off_disk=off_disk))
    for _ in files_ingest(
        actor=actor,
        run=run,
        files=files,
        audience_id=audience_id,
        converts=True,
        patience_s=PATIENCE_S,
    ):
        pass
    return run_complete(actor=actor, run=run, audience_id=audience_id)


def run_complete(
    *,
    actor: Actor,
    run: IngestRun,
    audience_id: UUID | None = None,
    progress: Progress | None = None,
) -> IngestRun:
    """Convert what waits in a delivery here and now, and close it."""
    if run_waits(run):
        clearing = clearing_of(run, audience_id)
        delivery = Delivery(actor=actor, run=run, audience_id=audience_id, clearing=clearing)
        run_convert(delivery, progress)
    return _run_close(actor, run)


def _grant_complete_duplicates(actor: Actor, run: IngestRun) -> None:
    """Let a person see a study of which they hold every single file themselves."""
    held = (
        IngestItem.objects.filter(run=run, outcome__in=["stored", "duplicate"])
        .exclude(instance__series__study__in=studies_visible_to(actor=actor))
        .values("instance__series__study_id")
        .annotate(files=Count("instance_id", distinct=True))
    )
    counts = {row["instance__series__study_id"]: row["files"] for row in held}
    complete = [
        study.pk
        for study in Study.objects.filter(pk__in=list(counts))
        if study.instance_count == counts[study.pk]
    ]
    if complete and actor.user_id is not None:
        audience_add_own(user_id=actor.user_id, study_ids=complete)
