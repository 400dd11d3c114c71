"""Stopping jobs and trying them again, by people."""

from uuid import UUID

from django.db import transaction

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.services import job_cancel, job_retry
from backend.inference.domain.messages import JobOut
from backend.inference.models import ModelVersion
from backend.inference.selectors import job_get, job_row
from backend.inference.task_names import PREPARE_MODEL


@transaction.atomic
def job_cancel_by(*, actor: Actor, job_id: UUID) -> JobOut:
    """Stop a job: at once if nobody works on it, else at the worker's next heartbeat."""
    job = job_row(actor=actor, job_id=job_id, to_change=True)
    job_cancel(job_id=job.pk)
    audit_record(actor=actor, verb="job.cancelled", target_id=job_id, project_id=job.project_id)
    return job_get(actor=actor, job_id=job_id)


@transaction.atomic
def job_retry_by(*, actor: Actor, job_id: UUID) -> JobOut:
    """Queue an ended job again."""
    job = job_row(actor=actor, job_id=job_id, to_change=True)
    job_retry(job_id=job.pk)
    if job.kind == PREPARE_MODEL:
        ModelVersion.objects.filter(
            pk=UUID(job.request["version_id"]), status=ModelVersion.Status.FAILED
        ).update(status=ModelVersion.Status.PREPARING, message="")
    audit_record(actor=actor, verb="job.retried", target_id=job_id, project_id=job.project_id)
    return job_get(actor=actor, job_id=job_id)
