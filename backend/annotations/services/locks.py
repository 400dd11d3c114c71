"""Who has a document open: one tab of one person, until it goes or its lease runs out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import models
from django.utils import timezone

from backend.accounts.models import User
from backend.annotations.models import Document
from backend.core.errors import Conflict


class LockHeld(Conflict):
    """Somebody, or another tab of the same person, has it open."""

    code = "annotation.lock_held"


@dataclass(frozen=True)
class Lock:
    """The right to save, good until somebody takes it over after `expires_at`."""

    token: UUID
    expires_at: datetime


def lock_take(
    *,
    document_id: UUID,
    user_id: UUID,
    seconds: float,
    take_over: bool = False,
    lock_token: UUID | None = None,
) -> Lock:
    """Open a document for writing; `lock_token` is that of the same tab before a reload.

    The conditional UPDATE decides between two that come at once. Raises LockHeld.
    """
    now = timezone.now()
    lock = Lock(token=uuid4(), expires_at=now + timedelta(seconds=seconds))
    rows = Document.objects.filter(pk=document_id)
    if not take_over:
        free = models.Q(lock_token=None) | models.Q(lock_until__lt=now)
        if lock_token is not None:
            free |= models.Q(lock_token=lock_token, lock_user_id=user_id)
        rows = rows.filter(free)
    taken = rows.update(lock_token=lock.token, lock_user_id=user_id, lock_until=lock.expires_at)
    if not taken:
        holder = Document.objects.values_list("lock_user_id", flat=True).get(pk=document_id)
        raise LockHeld(
            "This is open in another window.",
            holder_name=holder_name(holder),
            same_user=holder == user_id,
        )
    return lock


def lock_extend(*, document_id: UUID, lock_token: UUID, seconds: float) -> Lock | None:
    """Keep a lock alive; None if it was taken over."""
    until = timezone.now() + timedelta(seconds=seconds)
    held = Document.objects.filter(pk=document_id, lock_token=lock_token).update(lock_until=until)
    return Lock(lock_token, until) if held else None


def lock_release(*, document_id: UUID, lock_token: UUID) -> bool:
    """Give the lock back; return whether it was still this one."""
    return bool(
        Document.objects.filter(pk=document_id, lock_token=lock_token).update(
            lock_token=None, lock_user_id=None, lock_until=None
        )
    )


def holder_name(user_id: UUID | None) -> str | None:
    """Return the name of who holds a lock."""
    if user_id is None:
        return None
    return User.objects.values_list("name", flat=True).filter(pk=user_id).first()
