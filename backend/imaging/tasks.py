"""Doorbells of this room."""

from uuid import UUID

from celery import shared_task

from backend.core.services import job_run
from backend.imaging import task_names
from backend.imaging.services.copies import copies_make_job
from backend.imaging.services.grids import grids_form_job
from backend.imaging.services.ingest import run_convert_job
from backend.imaging.services.resume import resume as resume_now
from backend.imaging.services.retry import run_retry_job
from backend.imaging.services.sources.running import source_run_job
from backend.imaging.services.sources.running import sources_due as sources_due_now
from backend.imaging.services.tidy import tidy as tidy_now
from backend.imaging.services.uploads import upload_ingest_job


@shared_task(name=task_names.INGEST_UPLOAD)
def ingest_upload(job_id: str) -> None:
    """Take in an upload that was too large for its request."""
    job_run(job_id=UUID(job_id), handler=upload_ingest_job)


@shared_task(name=task_names.FORM_GRIDS)
def form_grids(job_id: str) -> None:
    """Form the grids of series that files have arrived for."""
    job_run(job_id=UUID(job_id), handler=grids_form_job)


@shared_task(name=task_names.MAKE_COPIES)
def make_copies(job_id: str) -> None:
    """Make copies of large frames for progressive display."""
    job_run(job_id=UUID(job_id), handler=copies_make_job)


@shared_task(name=task_names.TIDY)
def tidy() -> None:
    """Remove broken-off uploads and hold the cache under its limit."""
    tidy_now()


@shared_task(name=task_names.CONVERT_RUN)
def convert_run(job_id: str) -> None:
    """Convert what is not DICOM in a delivery that is complete."""
    job_run(job_id=UUID(job_id), handler=run_convert_job)


@shared_task(name=task_names.RETRY_RUN)
def retry_run(job_id: str) -> None:
    """Try files of a delivery again."""
    job_run(job_id=UUID(job_id), handler=run_retry_job)


@shared_task(name=task_names.RESUME)
def resume() -> None:
    """Go on with what a dead process left, and close deliveries that nobody closes."""
    resume_now()


@shared_task(name=task_names.RUN_SOURCE)
def run_source(job_id: str) -> None:
    """Look at a source and take in what is new."""
    job_run(job_id=UUID(job_id), handler=source_run_job)


@shared_task(name=task_names.SOURCES_DUE)
def sources_due() -> None:
    """Begin the looks at sources that the clock asks for."""
    sources_due_now()
