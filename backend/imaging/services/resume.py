"""What a dead process left in the middle is gone on with; what nobody closes is closed.

An upload whose web process died is taken in by a job. Where even jobs die of it again and again it
is given up, visibly: its files are refused for a fault of Limn's and can be tried again by hand.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from backend.core.domain import OPEN_STATES
from backend.core.models import Job
from backend.imaging.domain.rejections import Rejected
from backend.imaging.models import IngestItem, IngestRun, Upload
from backend.imaging.services.clearing import clearing_of, neutral_name
from backend.imaging.services.ingest import CONVERTING, run_actor, run_finish
from backend.imaging.services.retry import RETRYING
from backend.imaging.services.rows import Fate
from backend.imaging.services.uploads import alone_with, upload_take_in_later
from backend.imaging.task_names import CONVERT_RUN, RETRY_RUN

# A process that works on an upload holds its lock from the first moment on.
TAKEN_UP_AFTER = timedelta(seconds=30)
CLOSED_AFTER = timedelta(hours=2)
# A browser may come back to an upload that broke off.
CLOSED_AFTER_BREAK = timedelta(hours=24)
_DEAD_STATES = ("failed", "lost", "cancelled")


def resume() -> dict[str, int]:
    """Do all of it; return how much of each."""
    return {
        "uploads": uploads_resume(),
        "runs_settled": runs_settle(),
        "runs_closed": runs_close_idle(),
    }


def uploads_resume() -> int:
    """Take up uploads that nobody works on any more; return how many."""
    before = timezone.now() - TAKEN_UP_AFTER
    job = Job.objects.filter(pk=OuterRef("job_id"), state__in=OPEN_STATES)
    left = Upload.objects.filter(~Exists(job), state="ingesting", updated_at__lt=before)
    return sum(_resume(upload) for upload in left.select_related("run__policy"))


def _resume(upload: Upload) -> bool:
    with alone_with(upload) as is_free:
        if not is_free:
            return False
        with transaction.atomic():
            if upload.job_id is not None and _is_dead(upload.job_id):
                _give_up(upload)
            else:
                upload_take_in_later(actor=run_actor(upload.run), upload=upload)
    return True


def _is_dead(job_id: UUID) -> bool:
    return Job.objects.filter(pk=job_id, state__in=_DEAD_STATES).exists()


def _give_up(upload: Upload) -> None:
    clearing = clearing_of(upload.run)
    fate = Fate.refused(Rejected("imaging.internal"))
    IngestItem.objects.create(
        run=upload.run,
        upload=upload,
        name=neutral_name(clearing, upload.name) if clearing else upload.name,
        outcome=fate.outcome,
        code=fate.code,
        reason=fate.reason,
        next_step=fate.next_step,
    )
    Upload.objects.filter(pk=upload.pk).update(state="done")


def runs_settle() -> int:
    """Close deliveries whose conversion or second attempt died for good; return how many."""
    settled = 0
    for state, kind in ((CONVERTING, CONVERT_RUN), (RETRYING, RETRY_RUN)):
        runs = IngestRun.objects.filter(state=state)
        for run in runs.select_related("policy"):
            jobs = Job.objects.filter(kind=kind, request__run_id=str(run.pk))
            if not jobs.filter(state__in=OPEN_STATES).exists():
                _settle(run)
                settled += 1
    return settled


def _settle(run: IngestRun) -> None:
    fate = Fate.refused(Rejected("imaging.internal"))
    with transaction.atomic():
        IngestItem.objects.filter(run=run, outcome="waiting").update(
            outcome=fate.outcome, code=fate.code, reason=fate.reason, next_step=fate.next_step
        )
        IngestRun.objects.filter(pk=run.pk).update(state="open")
    run_finish(actor=run_actor(run), run_id=run.pk)


def runs_close_idle() -> int:
    """Close deliveries to which nothing has come for long; return how many."""
    idle = list(_idle().values_list("pk", flat=True))
    for run in IngestRun.objects.filter(pk__in=idle):
        run_finish(actor=run_actor(run), run_id=run.pk)
    return len(idle)


def _idle() -> QuerySet[IngestRun]:
    now = timezone.now()
    items = IngestItem.objects.filter(run=OuterRef("pk"), created_at__gt=now - CLOSED_AFTER)
    uploads = Upload.objects.filter(run=OuterRef("pk")).filter(
        Q(state="ingesting")
        | Q(updated_at__gt=now - CLOSED_AFTER)
        | Q(state="receiving", updated_at__gt=now - CLOSED_AFTER_BREAK)
    )
    return IngestRun.objects.filter(
        ~Exists(items), ~Exists(uploads), state="open", created_at__lt=now - CLOSED_AFTER
    )
