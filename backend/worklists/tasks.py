"""Doorbells of this room."""

from typing import Any
from uuid import UUID

from celery import shared_task

from backend.core.services import Progress, job_run
from backend.worklists import task_names
from backend.worklists.services import agreement_record, project_tasks_sync, queue_reorder


@shared_task(name=task_names.SYNC_TASKS)
def sync_tasks(project_id: str) -> None:
    """Make the missing tasks of a project."""
    project_tasks_sync(project_id=UUID(project_id))


@shared_task(name=task_names.REORDER)
def reorder(job_id: str) -> None:
    """Put the newest scores and proposals on the queue."""

    def handle(job: Any, _progress: Progress) -> dict[str, Any]:  # noqa: ANN401  a Job row
        version = job.request.get("version_id")
        return queue_reorder(
            project_id=UUID(job.request["project_id"]),
            version_id=UUID(version) if version else None,
            job=(job.pk, job.attempt),
        )

    job_run(job_id=UUID(job_id), handler=handle)


@shared_task(name=task_names.AGREEMENT)
def agreement(job_id: str) -> None:
    """Measure how well a proposal fitted what was handed in."""

    def handle(job: Any, _progress: Progress) -> dict[str, Any]:  # noqa: ANN401  a Job row
        return agreement_record(
            task_id=UUID(job.request["task_id"]),
            number=int(job.request["number"]),
            job=(job.pk, job.attempt),
        )

    job_run(job_id=UUID(job_id), handler=handle)
