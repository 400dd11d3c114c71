"""Doorbells of this room."""

from uuid import UUID

from celery import shared_task

from backend.core.services import job_run
from backend.exports import task_names


@shared_task(name=task_names.WRITE)
def write(job_id: str) -> None:
    """Write an export and prove it by reading it back."""
    from backend.exports.services.write import export_write  # noqa: PLC0415  highdicom is heavy

    job_run(job_id=UUID(job_id), handler=export_write)
