"""Doorbells of this room's default-queue jobs."""

from uuid import UUID

from celery import shared_task

from backend.core.services import job_run
from backend.inference import task_names
from backend.inference.services import training_dispatch, units_rank, versions_settle


@shared_task(name=task_names.DISPATCH_TRAINING)
def dispatch_training(job_id: str) -> None:
    """Freeze and pack finished work, then hand it to a model worker."""
    job_run(job_id=UUID(job_id), handler=training_dispatch)


@shared_task(name=task_names.RANK_UNITS)
def rank_units(job_id: str) -> None:
    """Work out what labelling each unit would teach."""
    job_run(job_id=UUID(job_id), handler=units_rank)


@shared_task(name=task_names.SETTLE)
def settle() -> None:
    """End the waiting for models that no worker will prepare any more."""
    versions_settle()
