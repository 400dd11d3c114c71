"""Opening a task, keeping it, putting it down."""

from uuid import UUID

from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from backend.annotations.models import Document
from backend.annotations.services import (
    Lock,
    LockHeld,
    LockLost,
    document_put_back,
    document_schema_upgrade,
    lock_extend,
    lock_release,
    lock_take,
)
from backend.core.actor import Actor
from backend.core.errors import Conflict
from backend.projects.selectors import project_verbs
from backend.worklists.models import Task
from backend.worklists.policies import OPEN_STATES, may_take_over, may_work
from backend.worklists.selectors import lease_seconds, task_get_for
from backend.worklists.services.claims import PEEK_SECONDS

LONGEST_BEAT_MS = 5 * 60 * 1000


class OpenElsewhere(Conflict):
    """Another tab or person has the task."""

    code = "task.open_elsewhere"


@transaction.atomic
def task_open(
    *, actor: Actor, task_id: UUID, lock_token: UUID | None = None, take_over: bool = False
) -> Lock | None:
    """Open a task for work; None where the actor may only look at it.

    `lock_token` is that of this same tab before a reload. `take_over` takes it from the actor's
    other tab, or from another person where the role allows.
    """
    task = task_get_for(actor=actor, task_id=task_id)
    verbs = project_verbs(actor=actor, project_id=task.project_id)
    corrects = "review" in verbs and _is_in_correction(task)
    if actor.user_id is None or "annotate" not in verbs:
        return None
    if task.state not in OPEN_STATES and not corrects:
        return None
    if not corrects and not may_work(
        verbs=verbs, user_id=actor.user_id, assignee_id=task.assignee_id, state=task.state
    ):
        raise _elsewhere(task, actor)
    if _is_anothers(task, actor, corrects=corrects) and not (take_over and may_take_over(verbs)):
        raise _elsewhere(task, actor)
    seconds = lease_seconds(task.project)
    try:
        lock = lock_take(
            document_id=task.document_id,
            user_id=actor.user_id,
            seconds=seconds,
            take_over=take_over,
            lock_token=lock_token,
        )
    except LockHeld as held:
        raise OpenElsewhere("This task is open in another window.", **held.extra) from held
    document_schema_upgrade(document_id=task.document_id)
    _start(task, actor.user_id, lock)
    return lock


def _is_in_correction(task: Task) -> bool:
    """Tell whether a reviewer chose to correct the work: it waits for review, but is a draft."""
    if task.state != Task.State.IN_REVIEW:
        return False
    return Document.objects.get(pk=task.document_id).state == Document.State.DRAFT


def _is_anothers(task: Task, actor: Actor, *, corrects: bool) -> bool:
    """Tell whether somebody else works on it, or holds it right now."""
    held = task.lease_until is not None and task.lease_until > timezone.now()
    if held and task.holder_id not in {None, actor.user_id}:
        return True
    return not corrects and task.assignee_id not in {None, actor.user_id}


def _elsewhere(task: Task, actor: Actor) -> OpenElsewhere:
    person = task.holder if task.holder_id not in {None, actor.user_id} else task.assignee
    name = person.name if person else None
    return OpenElsewhere(
        f"{name} is working on this task." if name else "This task is taken.",
        holder_name=name,
        same_user=False,
    )


def _start(task: Task, user_id: UUID, lock: Lock) -> None:
    now = timezone.now()
    if task.state == Task.State.IN_REVIEW:
        Task.objects.filter(pk=task.pk, state=task.state).update(
            reviewer_id=user_id, holder_id=user_id, lease_until=lock.expires_at, updated_at=now
        )
        return
    state = "returned" if task.state == "returned" else "in_progress"
    Task.objects.filter(pk=task.pk, state__in=OPEN_STATES).update(
        state=state,
        assignee_id=user_id,
        holder_id=user_id,
        lease_until=lock.expires_at,
        started_at=Coalesce("started_at", now),
        updated_at=now,
    )


@transaction.atomic
def task_heartbeat(*, actor: Actor, task_id: UUID, lock_token: UUID, active_ms: int = 0) -> Lock:
    """Keep the task, and add the time worked; work on a prefetched task starts it.

    A prefetched task nobody works on stays on its short lease. A reviewer's time is not counted
    as the author's.
    """
    task = task_get_for(actor=actor, task_id=task_id, verb="annotate")
    is_peeked = task.state == Task.State.TODO and not active_ms
    seconds = PEEK_SECONDS if is_peeked else lease_seconds(task.project)
    lock = lock_extend(document_id=task.document_id, lock_token=lock_token, seconds=seconds)
    if lock is None:
        raise lock_lost(task.document_id)
    counted = 0 if task.state == Task.State.IN_REVIEW else min(active_ms, LONGEST_BEAT_MS)
    Task.objects.filter(pk=task_id).update(
        lease_until=lock.expires_at,
        holder_id=actor.user_id,
        active_ms=models.F("active_ms") + counted,
    )
    if active_ms and task.state == Task.State.TODO and actor.user_id is not None:
        _start(task, actor.user_id, lock)
    return lock


@transaction.atomic
def task_release(*, actor: Actor, task_id: UUID, lock_token: UUID) -> None:
    """Put the task down; untouched, it goes back to where it came from. Twice is no error."""
    task = task_get_for(actor=actor, task_id=task_id, verb="annotate")
    if not lock_release(document_id=task.document_id, lock_token=lock_token):
        return
    mine = Task.objects.filter(pk=task_id)
    mine.update(holder=None, lease_until=None, updated_at=timezone.now())
    if task.state == Task.State.IN_REVIEW:
        document_put_back(document_id=task.document_id)
    untouched = mine.filter(state__in=("todo", "in_progress"), document__head_number=0)
    untouched.filter(is_reserved=False).update(state="todo", assignee=None)
    untouched.filter(is_reserved=True).update(state="todo")


def lock_lost(document_id: UUID) -> LockLost:
    """Return the error that names who has the document now."""
    document = Document.objects.only("lock_user_id").get(pk=document_id)
    holder = Task.objects.filter(document_id=document_id, holder_id=document.lock_user_id)
    name = holder.values_list("holder__name", flat=True).first()
    sentence = f"{name} has this task open now." if name else "This task is no longer open here."
    return LockLost(sentence, holder_name=name)
