"""Review: submitted work waits for a second pair of eyes, who accept, correct or return it.

A reviewer holds a task under a lease of its own, without an editing lock, so that two do not read
the same one. Correcting makes the document a draft again; handing the correction in accepts it.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.annotations.models import Document
from backend.annotations.selectors import first_row
from backend.annotations.services import document_accept, document_put_back, document_reopen
from backend.audit.services import audit_record
from backend.core import events
from backend.core.actor import Actor
from backend.core.errors import Conflict, Forbidden, Invalid
from backend.projects.domain import ProjectPolicy
from backend.projects.selectors import project_get_for, project_verbs
from backend.worklists.models import Task
from backend.worklists.policies import may_judge
from backend.worklists.selectors import lease_seconds, task_get_for
from backend.worklists.services.claims import Claim

WAITING_STATES = ("submitted", "in_review")


class TaskMoved(Conflict):
    """The task stands elsewhere by now."""

    code = "task.moved"


class HeldByReviewer(Conflict):
    """Another reviewer has the task."""

    code = "task.in_other_hands"


class CorrectionBegun(Conflict):
    """Somebody changed the work after it was submitted and did not finish."""

    code = "task.correction_begun"


def state_after_submit(task_id: UUID, policy: ProjectPolicy) -> Task.State:
    """Return where submitted work goes. The share is drawn by the task's id: the same each time."""
    digest = hashlib.sha256(task_id.bytes).digest()
    drawn = int.from_bytes(digest[:4], "big") % 100
    return Task.State.IN_REVIEW if drawn < policy.review_percent else Task.State.SUBMITTED


# What one holds oneself comes last: who asks again wants another one.
_TAKE = """
WITH candidate AS MATERIALIZED (
    SELECT id FROM worklists_task
    WHERE project_id = %(project)s AND state = 'in_review'
      AND (lease_until IS NULL OR lease_until < now() OR holder_id = %(user)s)
      AND (%(own)s OR submitted_by_id IS DISTINCT FROM %(user)s)
    ORDER BY coalesce(holder_id = %(user)s AND lease_until >= now(), false), submitted_at, number
    LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE worklists_task t
SET holder_id = %(user)s, lease_until = %(until)s, reviewer_id = %(user)s
FROM candidate WHERE t.id = candidate.id
RETURNING t.id
"""


@transaction.atomic
def review_next(*, actor: Actor, project_id: UUID) -> Claim:
    """Give the reviewer the work that has waited longest, under a lease; never their own."""
    project = project_get_for(actor=actor, project_id=project_id, verb="review")
    if actor.user_id is None:
        return Claim(None, None, "queue.nobody", "Only a person can review.")
    verbs = project_verbs(actor=actor, project_id=project_id)
    values = {
        "project": project_id,
        "user": actor.user_id,
        "own": "manage_tasks" in verbs,
        "until": timezone.now() + timedelta(seconds=lease_seconds(project)),
    }
    row = first_row(_TAKE, values)
    if row is None:
        return Claim(None, None, *_why_none(project_id, actor))
    others = Task.objects.filter(project_id=project_id, holder_id=actor.user_id, state="in_review")
    others.exclude(pk=row[0]).exclude(document__state=Document.State.DRAFT).update(
        holder=None, lease_until=None
    )
    return Claim(row[0], None)


def _why_none(project_id: UUID, actor: Actor) -> tuple[str, str]:
    waiting = Task.objects.filter(project_id=project_id, state="in_review")
    if not waiting.exists():
        return "review.done", "Nothing waits for a review in this project."
    if not waiting.exclude(submitted_by_id=actor.user_id).exists():
        return "review.own", "What waits for a review is your own work; somebody else reviews it."
    return "review.taken", "What waits for a review is with other reviewers at the moment."


@transaction.atomic
def task_review(*, actor: Actor, task_id: UUID, verdict: str, reason: str = "") -> None:
    """Accept submitted work, give it back to its author with a reason, or correct it oneself."""
    task = task_get_for(actor=actor, task_id=task_id, verb="review")
    if verdict == "return" and not reason.strip():
        raise Invalid("Say why it goes back, so that its author knows what to do.")
    Task.objects.select_for_update(no_key=True).get(pk=task_id)
    task.refresh_from_db()
    _refuse(actor, task)
    if verdict == "accept":
        _accept(actor, task)
    elif verdict == "return":
        _return(actor, task, reason.strip())
    else:
        _correct(actor, task)
    audit_record(
        actor=actor, verb=f"task.review_{verdict}", target_id=task.pk, project_id=task.project_id
    )
    events.publish(f"project:{task.project_id}", "task", task.pk)


def _refuse(actor: Actor, task: Task) -> None:
    """Refuse a verdict on what does not wait, is one's own, or is in another reviewer's hands."""
    if task.state not in WAITING_STATES:
        raise TaskMoved("This task is not waiting for a review any more.", state=task.state)
    verbs = project_verbs(actor=actor, project_id=task.project_id)
    if not may_judge(
        verbs=verbs,
        user_id=actor.user_id,
        submitted_by_id=task.submitted_by_id,
        state=task.state,
    ):
        raise Forbidden("This is your own work; somebody else reviews it.")
    held = task.lease_until is not None and task.lease_until > timezone.now()
    if held and task.holder is not None and task.holder_id != actor.user_id:
        name = task.holder.name
        raise HeldByReviewer(f"{name} is reviewing this task.", holder_name=name)


def _accept(actor: Actor, task: Task) -> None:
    if not document_put_back(document_id=task.document_id):
        raise CorrectionBegun(
            "A correction of this was begun and not handed in. Finish it, or return the task."
        )
    document_accept(actor=actor, document_id=task.document_id)
    _close(actor, task, state=Task.State.ACCEPTED, accepted_at=timezone.now())


def _return(actor: Actor, task: Task, reason: str) -> None:
    if Document.objects.get(pk=task.document_id).state != Document.State.DRAFT:
        document_reopen(actor=actor, document_id=task.document_id)
    _close(
        actor,
        task,
        state=Task.State.RETURNED,
        assignee_id=task.submitted_by_id,
        returned_reason=reason,
    )


def _correct(actor: Actor, task: Task) -> None:
    """Let the reviewer edit: they open the task next, and what they hand in is accepted."""
    if Document.objects.get(pk=task.document_id).state != Document.State.DRAFT:
        document_reopen(actor=actor, document_id=task.document_id)
    _close(actor, task, state=Task.State.IN_REVIEW)


def _close(actor: Actor, task: Task, **fields: object) -> None:
    Task.objects.filter(pk=task.pk).update(
        reviewer_id=actor.user_id,
        holder=None,
        lease_until=None,
        updated_at=timezone.now(),
        **fields,
    )


def correction_accept(*, actor: Actor, task: Task) -> None:
    """Accept a reviewer's correction that was just handed in."""
    document_accept(actor=actor, document_id=task.document_id)
    _close(actor, task, state=Task.State.ACCEPTED, accepted_at=timezone.now())
    audit_record(
        actor=actor, verb="task.review_corrected", target_id=task.pk, project_id=task.project_id
    )
