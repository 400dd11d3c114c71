"""What model workers do at the door beside answering: say hello, claim, stay alive."""

import json
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from backend.audit.selectors import last_erased_at
from backend.core import events
from backend.core.models import Job
from backend.core.services import JobLost, job_claim, job_heartbeat
from backend.inference.models import TrainingRun, WorkerHost
from backend.inference.task_names import TRAIN
from ml_worker.contract.door import Claim, Claimed, Greeting, Heartbeat, Hello, Verdict
from ml_worker.contract.messages import CurvePoint

# A curve stays small enough to travel whole.
MOST_POINTS = 2000


def worker_hello(*, hello: Hello) -> Greeting:
    """Note who is there and what it can do; tell what there is to forget."""
    facts = hello.model_dump(mode="json", exclude={"worker", "device", "memory_mib"})
    WorkerHost.objects.update_or_create(
        name=hello.worker[:120],
        defaults={
            "device": hello.device[:120],
            "memory_mib": max(hello.memory_mib, 0),
            "facts": facts,
            "seen_at": timezone.now(),
        },
    )
    erased_at = last_erased_at()
    if erased_at is None:
        return Greeting()
    return Greeting(erased_ago_s=(timezone.now() - erased_at).total_seconds())


@transaction.atomic
def worker_claim(*, job_id: UUID, claim: Claim) -> Claimed:
    """Give the job to this worker, or say by JobLost that it is not to be had."""
    if not Job.objects.filter(pk=job_id, queue="ml").exists():
        raise JobLost("There is no such job for a model worker.")
    lease = min(claim.lease_s, settings.LIMN_LEASE_SECONDS)
    job = job_claim(job_id=job_id, worker=claim.worker[:120], lease_s=lease)
    if job is None:
        raise JobLost("The job is not to be had: it is done, or another worker has it.")
    if job.kind == TRAIN:
        TrainingRun.objects.filter(job=job).update(curve=[])
    return Claimed(
        kind=job.kind, attempt=job.attempt, request={**job.request, "job_id": str(job.pk)}
    )


@transaction.atomic
def worker_heartbeat(*, job_id: UUID, heartbeat: Heartbeat) -> Verdict:
    """Extend the lease, keep the point of the curve, and tell whether to go on."""
    verdict = job_heartbeat(
        job_id=job_id,
        attempt=heartbeat.attempt,
        progress=heartbeat.progress,
        message=heartbeat.message,
    )
    if heartbeat.point is not None and verdict != "lost":
        _append_point(job_id, heartbeat.point)
    return Verdict(verdict=verdict)


_APPEND = """
UPDATE inference_trainingrun SET curve = curve || %s::jsonb
WHERE job_id = %s AND jsonb_array_length(curve) < %s
  AND coalesce((curve -> -1 ->> 'step')::int, -1) < %s
RETURNING project_id, id
"""


def _append_point(job_id: UUID, point: CurvePoint) -> None:
    """Add a point; one that arrives twice (a heartbeat's lost reply) is kept once."""
    with connection.cursor() as cursor:
        added = json.dumps([point.model_dump(mode="json")])
        cursor.execute(_APPEND, [added, job_id, MOST_POINTS, point.step])
        row = cursor.fetchone()
    if row is not None:
        events.publish(f"project:{row[0]}", "training", row[1])
