"""Doorbells of this room."""

import time

from celery import shared_task

from backend.core import task_names
from backend.core.services import jobs_sweep
from backend.core.sweep import SLICES, storage_sweep

SLICE_SECONDS = 600


@shared_task(name=task_names.SWEEP)
def sweep() -> None:
    """Ring again for jobs that nobody took, and end those without hope."""
    jobs_sweep()


@shared_task(name=task_names.SWEEP_STORAGE)
def sweep_storage() -> None:
    """Look at one slice of the stored files; all of them in two days."""
    for _ in storage_sweep(slices=[int(time.time() // SLICE_SECONDS) % SLICES]):
        pass
