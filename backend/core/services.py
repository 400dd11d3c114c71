"""Write side of jobs: create, claim, keep alive, finish, cancel, sweep.

And if it dies here? Before commit: nothing happened. After commit, before the doorbell: the
sweeper rings. While running: the lease runs out, the sweeper rings, the next claim raises the
attempt and so fences the dead worker's late answer. While answering: results and the finished
state are one transaction.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    models,
    transaction,
)
from django.utils import timezone

from backend.core import events
from backend.core.actor import Actor
from backend.core.domain import OPEN_STATES, RING_AGAIN_AFTER_SECONDS, SWEEP_BATCH, Verdict
from backend.core.errors import Conflict, LimnError
from backend.core.models import Job
from backend.core.queue import ring
from backend.core.task_names import ML_RUN

log = logging.getLogger(__name__)


class JobLost(Conflict):
    """Another worker holds the job by now; this one's answer is not taken."""

    code = "job.lost"


class JobCancelled(LimnError):
    """Somebody asked to stop; raised inside a handler by its progress call."""

    code = "job.cancelled"


Progress = Callable[[float, str], None]
Handler = Callable[[Job, Progress], dict[str, Any]]


def job_create(
    *,
    actor: Actor,
    kind: str,
    queue: str,
    request: dict[str, Any],
    project_id: UUID | None = None,
    dedupe_key: str | None = None,
    max_attempts: int = 5,
) -> Job:
    """Add a job to the caller's transaction and ring for it on commit.

    With `dedupe_key` an open job of the same kind and key is returned instead of a second one.
    """
    job = Job(
        kind=kind,
        queue=queue,
        request=request,
        project_id=project_id,
        created_by_id=actor.user_id,
        dedupe_key=dedupe_key,
        max_attempts=max_attempts,
    )
    open_one = _insert_unless_open(job)
    if open_one is not None:
        return open_one
    transaction.on_commit(lambda: _ring_job(job), robust=True)
    _publish(job.pk, project_id)
    return job


def _insert_unless_open(job: Job) -> Job | None:
    """Insert the row; return the open job with its key instead, also when that is just made."""
    while True:
        found = _open_like(job)
        if found is not None:
            return found
        try:
            with transaction.atomic():
                job.save(force_insert=True)
        except IntegrityError:
            if job.dedupe_key is None:
                raise  # else one was made between the two statements: look again
        else:
            return None


def _open_like(job: Job) -> Job | None:
    if job.dedupe_key is None:
        return None
    same = Job.objects.filter(kind=job.kind, dedupe_key=job.dedupe_key)
    return same.filter(state__in=OPEN_STATES).first()


def job_claim(*, job_id: UUID, worker: str, lease_s: float) -> Job | None:
    """Take the job for `lease_s` seconds; None if it is not to be had (a late doorbell)."""
    now = timezone.now()
    free = models.Q(state__in=["queued", "sent"]) | models.Q(state="running", lease_until__lt=now)
    claimed = (
        Job.objects.filter(free, pk=job_id, cancel_requested=False)
        .filter(attempt__lt=models.F("max_attempts"))
        .update(
            state=Job.State.RUNNING,
            attempt=models.F("attempt") + 1,
            lease_until=now + timedelta(seconds=lease_s),
            worker=worker,
            started_at=now,
            message="",
        )
    )
    if not claimed:
        return None
    job = Job.objects.get(pk=job_id)
    _publish(job.pk, job.project_id)
    return job


def job_heartbeat(
    *, job_id: UUID, attempt: int, progress: float, message: str, lease_s: float | None = None
) -> Verdict:
    """Extend the lease and say how far it is; learn whether to go on."""
    lease = timedelta(seconds=lease_s or settings.LIMN_LEASE_SECONDS)
    held = Job.objects.filter(pk=job_id, attempt=attempt, state=Job.State.RUNNING).update(
        lease_until=timezone.now() + lease, progress=progress, message=message[:300]
    )
    if not held:
        return "lost"
    job = Job.objects.only("cancel_requested", "project_id").get(pk=job_id)
    _publish(job_id, job.project_id)
    return "cancelled" if job.cancel_requested else "go"


def job_finish(*, job_id: UUID, attempt: int, answer: dict[str, Any]) -> None:
    """Mark the job done, inside the transaction that writes its results. Raises JobLost."""
    if not connection.in_atomic_block:
        raise RuntimeError("job_finish belongs in the transaction that writes the results.")
    _end(job_id, attempt, state=Job.State.SUCCEEDED, answer=answer, progress=1.0, message="")


@transaction.atomic
def job_fail(*, job_id: UUID, attempt: int, code: str, detail: str, retry: bool = False) -> None:
    """Record why the job failed; with `retry` it is queued again while attempts are left."""
    job = Job.objects.get(pk=job_id)
    if retry and job.attempt < job.max_attempts:
        held = Job.objects.filter(pk=job_id, attempt=attempt, state=Job.State.RUNNING).update(
            state=Job.State.QUEUED, error_code=code, error_detail=detail, sent_at=timezone.now()
        )
        if not held:
            raise JobLost("The job was taken over by another worker.")
        _publish(job_id, job.project_id)
        return
    state = Job.State.CANCELLED if code == "cancelled" else Job.State.FAILED
    _end(job_id, attempt, state=state, error_code=code, error_detail=detail)


def _end(job_id: UUID, attempt: int, **fields: Any) -> None:  # noqa: ANN401  column values
    held = Job.objects.filter(pk=job_id, attempt=attempt, state=Job.State.RUNNING).update(
        lease_until=None, finished_at=timezone.now(), **fields
    )
    if not held:
        raise JobLost("The job was taken over by another worker; its answer stands.")
    _publish(job_id, Job.objects.values_list("project_id", flat=True).get(pk=job_id))


@transaction.atomic
def job_cancel(*, job_id: UUID) -> None:
    """Stop the job: at once if nobody works on it, else at the worker's next heartbeat."""
    now = timezone.now()
    Job.objects.filter(pk=job_id, state__in=["queued", "sent"]).update(
        state=Job.State.CANCELLED, cancel_requested=True, finished_at=now
    )
    Job.objects.filter(pk=job_id, state="running").update(cancel_requested=True)
    _publish(job_id, Job.objects.values_list("project_id", flat=True).get(pk=job_id))


@transaction.atomic
def job_retry(*, job_id: UUID) -> None:
    """Queue an ended job again, with fresh attempts on top of those it had."""
    revived = Job.objects.filter(pk=job_id, state__in=["failed", "lost", "cancelled"]).update(
        state=Job.State.QUEUED,
        cancel_requested=False,
        max_attempts=models.F("attempt") + 5,
        error_code="",
        error_detail="",
        finished_at=None,
        progress=0,
    )
    job = Job.objects.get(pk=job_id)
    if not revived:
        raise Conflict("Only a job that has failed, was lost or cancelled can be tried again.")
    transaction.on_commit(lambda: _ring_job(job), robust=True)
    _publish(job_id, job.project_id)


def jobs_sweep() -> int:
    """Ring again for what was never picked up or whose lease ran out; end what is hopeless.

    Returns how many doorbells were rung. Two sweepers at once do no harm: a claim is atomic.
    """
    now = timezone.now()
    stale = now - timedelta(seconds=RING_AGAIN_AFTER_SECONDS)
    expired = models.Q(state="running", lease_until__lt=now)
    Job.objects.filter(expired, cancel_requested=True).update(
        state=Job.State.CANCELLED, finished_at=now, lease_until=None
    )
    hopeless = Job.objects.filter(expired, attempt__gte=models.F("max_attempts"))
    for job_id, project_id in hopeless.values_list("pk", "project_id"):
        _lose(job_id, project_id)
    waiting = models.Q(state="queued") & (
        models.Q(sent_at__isnull=True) | models.Q(sent_at__lt=stale)
    )
    silent = models.Q(state="sent", sent_at__lt=stale)
    rung = 0
    for job in Job.objects.filter(waiting | silent | expired).order_by("created_at")[:SWEEP_BATCH]:
        rung += _ring_job(job)
    return rung


def _lose(job_id: UUID, project_id: UUID | None) -> None:
    detail = "Its workers stopped answering again and again. Nothing was changed; try again."
    Job.objects.filter(pk=job_id, state="running", lease_until__lt=timezone.now()).update(
        state=Job.State.LOST,
        error_code="job.lost",
        error_detail=detail,
        finished_at=timezone.now(),
        lease_until=None,
    )
    _publish(job_id, project_id)


def _ring_job(job: Job) -> bool:
    task_name = ML_RUN if job.queue == "ml" else job.kind
    if not ring(task_name, str(job.pk), queue=job.queue):
        return False
    Job.objects.filter(pk=job.pk, state__in=["queued", "sent"]).update(
        state=Job.State.SENT, sent_at=timezone.now()
    )
    return True


def _publish(job_id: UUID, project_id: UUID | None) -> None:
    events.publish(f"job:{job_id}", "job", job_id)
    if project_id is not None:
        events.publish(f"project:{project_id}", "job", job_id)


def job_run(*, job_id: UUID, handler: Handler) -> None:
    """Run a default-queue job: claim, keep alive, hand over, record what came of it.

    `handler(job, progress)` writes its results and calls `job_finish` in one transaction, or
    returns an answer that is recorded here. Calling `progress` raises when work should stop.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}"
    job = job_claim(job_id=job_id, worker=worker, lease_s=settings.LIMN_LEASE_SECONDS)
    if job is None:
        return
    pulse = _Pulse(job)
    try:
        with pulse:
            answer = handler(job, pulse.report)
        with transaction.atomic():
            if Job.objects.filter(pk=job.pk, state="running", attempt=job.attempt).exists():
                job_finish(job_id=job.pk, attempt=job.attempt, answer=answer)
    except JobLost:
        log.warning("Job %s was taken over by another worker.", job.pk)
    except JobCancelled:
        job_fail(job_id=job.pk, attempt=job.attempt, code="cancelled", detail="Stopped on request.")
    except LimnError as error:
        job_fail(job_id=job.pk, attempt=job.attempt, code=error.code, detail=error.detail)
    except (OperationalError, InterfaceError):  # still away: the lease runs out, and it is rung for
        log.warning("Job %s (%s): the database was away", job.pk, job.kind)
        close_old_connections()
        detail = "The database was away; it is tried again."
        job_fail(
            job_id=job.pk, attempt=job.attempt, code="database.away", detail=detail, retry=True
        )
    except Exception:
        log.exception("Job %s (%s) failed", job.pk, job.kind)
        detail = "Limn failed at this because of a fault of its own; the log has the details."
        job_fail(job_id=job.pk, attempt=job.attempt, code="internal", detail=detail)


class _Pulse:
    """Extends a job's lease from a thread of its own while the handler works."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._done = threading.Event()
        self._progress: tuple[float, str] = (0.0, "")
        self._verdict: Verdict = "go"
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def report(self, progress: float, message: str = "") -> None:
        """Note how far the work is; raise if it should stop."""
        self._progress = (progress, message)
        if self._verdict == "cancelled":
            raise JobCancelled("Stopped on request.")
        if self._verdict == "lost":
            raise JobLost("The job was taken over by another worker.")

    def _beat(self) -> None:
        interval = max(settings.LIMN_LEASE_SECONDS / 5, 0.5)
        while not self._done.wait(interval):
            try:
                progress, message = self._progress
                self._verdict = job_heartbeat(
                    job_id=self._job.pk,
                    attempt=self._job.attempt,
                    progress=progress,
                    message=message,
                )
            except Exception:  # noqa: BLE001  the database is away: the lease decides
                log.warning("Job %s: the heartbeat did not get through.", self._job.pk)
        connection.close()
