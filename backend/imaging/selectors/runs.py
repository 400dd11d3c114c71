"""Reads of deliveries: one's own, or all for an administrator."""

from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.core.http import cursor_encode
from backend.imaging.domain.messages import (
    IngestCountsOut,
    IngestItemListOut,
    IngestItemOut,
    UploadOut,
)
from backend.imaging.domain.messages_runs import IngestRunListOut, IngestRunOut
from backend.imaging.domain.rejections import OUTSIDE
from backend.imaging.models import IngestItem, IngestRun, Upload
from backend.imaging.selectors.paging import after_moment, after_number

PAGE = 200
# Not the instance's header and index, which weigh a thousand times more.
_ITEM_COLUMNS = ("name", "outcome", "code", "reason", "next_step", "run_id", "upload_id")
OUTCOMES = ("stored", "duplicate", "quarantined", "rejected")


def runs_visible_to(*, actor: Actor) -> QuerySet[IngestRun]:
    """Return the deliveries this actor may see, newest first."""
    runs = IngestRun.objects.select_related("policy").order_by("-created_at", "-pk")
    return runs if actor.is_admin else runs.filter(actor_id=actor.user_id)


def run_get(*, actor: Actor, run_id: UUID) -> IngestRun:
    """Return one delivery."""
    run = runs_visible_to(actor=actor).filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such delivery.")
    return run


def run_counts(run: IngestRun) -> dict[str, int]:
    """Return how many files ended how, as of now."""
    rows = IngestItem.objects.filter(run=run).values_list("outcome").annotate(files=Count("pk"))
    return {**dict.fromkeys(OUTCOMES, 0), **dict(rows)}


def run_items(run: IngestRun) -> QuerySet[IngestItem]:
    """Return the files of a delivery with their instances, in the order they came."""
    return (
        IngestItem.objects.filter(run=run)
        .select_related("instance")
        .only(*_ITEM_COLUMNS, "instance__sop_uid")
        .order_by("pk")
    )


def upload_get(*, actor: Actor, upload_id: UUID) -> Upload:
    """Return one's own upload."""
    upload = Upload.objects.select_related("run").filter(pk=upload_id).first()
    if upload is None or upload.user_id != actor.user_id:
        raise NotFound("There is no such upload.")
    return upload


def item_out(item: IngestItem) -> IngestItemOut:
    """Return a file's fate as the interface speaks of it."""
    return IngestItemOut(
        name=item.name,
        outcome=item.outcome,
        code=item.code or None,
        reason=item.reason or None,
        next_step=item.next_step or None,
        instance_uid=item.instance.sop_uid if item.instance else None,
    )


def policy_label(run: IngestRun) -> str | None:
    """Return by which version of which policy a delivery was de-identified."""
    return f"{run.policy.name} v{run.policy.version}" if run.policy else None


def run_failed_outside(run: IngestRun) -> QuerySet[IngestItem]:
    """Return the files of a delivery that were refused for a reason outside of them."""
    return IngestItem.objects.filter(run=run, code__in=OUTSIDE, outcome="rejected")


def run_out(run: IngestRun, *, can_retry: bool | None = None) -> IngestRunOut:
    """Return a delivery as the interface speaks of it."""
    is_finished = run.state == "finished"
    counts = run.counts if is_finished else run_counts(run)
    if can_retry is None:
        can_retry = is_finished and run_failed_outside(run).exists()
    return IngestRunOut(
        id=run.pk,
        source=run.source,
        label=run.label,
        state=run.state,
        counts=IngestCountsOut(**counts),
        policy=policy_label(run),
        items_url=f"/api/v1/ingest-runs/{run.pk}/items",
        created_at=run.created_at,
        finished_at=run.finished_at,
        can_retry=can_retry,
        undone_at=run.undone_at,
    )


def runs_page(*, actor: Actor, cursor: str) -> IngestRunListOut:
    """Return a page of deliveries, newest first."""
    failed = IngestItem.objects.filter(run=OuterRef("pk"), code__in=OUTSIDE, outcome="rejected")
    runs = runs_visible_to(actor=actor).annotate(failed_outside=Exists(failed))
    if cursor:
        created_at, pk = after_moment(cursor)
        runs = runs.filter(created_at__lte=created_at).exclude(created_at=created_at, pk__gte=pk)
    rows = list(runs[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return IngestRunListOut(
        results=[
            run_out(run, can_retry=run.state == "finished" and run.failed_outside)
            for run in rows[:PAGE]
        ],
        next=cursor_encode(last.created_at.isoformat(), str(last.pk)) if last else None,
    )


def items_page(*, actor: Actor, run_id: UUID, outcome: str, cursor: str) -> IngestItemListOut:
    """Return a page of a delivery's files, in the order they came."""
    items = run_items(run_get(actor=actor, run_id=run_id))
    if outcome:
        items = items.filter(outcome=outcome)
    if cursor:
        items = items.filter(pk__gt=after_number(cursor))
    rows = list(items[: PAGE + 1])
    more = len(rows) > PAGE
    return IngestItemListOut(
        results=[item_out(item) for item in rows[:PAGE]],
        next=cursor_encode(rows[PAGE - 1].pk) if more else None,
    )


def upload_out(upload: Upload) -> UploadOut:
    """Return how much of a file has arrived, and what became of it."""
    done = upload.state == "done"
    items = upload.items.select_related("instance").order_by("pk") if done else ()
    return UploadOut(
        id=upload.pk,
        offset=upload.offset_bytes,
        state=upload.state,
        job_id=upload.job_id,
        outcome=[item_out(item) for item in items] if done else None,
    )
