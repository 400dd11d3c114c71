"""Doorbells of this room."""

from celery import shared_task

from backend.audit import task_names
from backend.audit.services import audit_seal


@shared_task(name=task_names.SEAL)
def seal() -> None:
    """Chain what happened since the last seal."""
    audit_seal()
