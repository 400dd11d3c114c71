"""How work on a task ends: handed in, left aside, opened again."""

from dataclasses import asdict
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.annotations.services import (
    RulesUnmet,
    document_reopen,
    document_submit,
    lock_release,
)
from backend.audit.services import audit_record
from backend.core import events
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid
from backend.core.services import job_create
from backend.inference.services import training_consider
from backend.projects.domain import ProjectPolicy
from backend.projects.selectors import project_verbs
from backend.worklists import task_names
from backend.worklists.models import Task
from backend.worklists.policies import CLOSED_STATES, OPEN_STATES, may_reopen
from backend.worklists.selectors import task_get_for
from backend.worklists.services.opening import lock_lost
from backend.worklists.services.reviews import TaskMoved, correction_accept, state_after_submit


class TaskRulesUnmet(Invalid):
    """The schema asks for something that is not there yet; nothing was handed in."""

    code = "task.rules_unmet"


@transaction.atomic
def task_submit(*, actor: Actor, task_id: UUID, lock_token: UUID, base_number: int) -> None:
    """Hand in the work as it is at `base_number`; saying it again after success changes nothing."""
    task = task_get_for(actor=actor, task_id=task_id, verb="annotate")
    try:
        number = document_submit(
            actor=actor,
            document_id=task.document_id,
            lock_token=lock_token,
            base_number=base_number,
        )
    except RulesUnmet as unmet:
        problems = [asdict(problem) for problem in unmet.problems]
        raise TaskRulesUnmet(unmet.detail, problems=problems) from unmet
    if task.state == Task.State.IN_REVIEW:
        correction_accept(actor=actor, task=task)
        _tell(task)
        return
    if not _close(actor, task):
        return
    if task.proposal_id is not None:
        job_create(
            actor=actor,
            kind=task_names.AGREEMENT,
            queue="default",
            request={"task_id": str(task_id), "number": number},
            dedupe_key=f"{task_id}:{number}",
        )
    _tell(task)
    training_consider(project_id=task.project_id)


def _close(actor: Actor, task: Task) -> bool:
    """Move an open task on, to a reviewer where the policy says so; tell whether it was open."""
    now = timezone.now()
    policy = ProjectPolicy.model_validate(task.project.policy)
    moved = Task.objects.filter(pk=task.pk, state__in=OPEN_STATES).update(
        state=state_after_submit(task.pk, policy),
        submitted_at=now,
        submitted_by_id=actor.user_id,
        assignee_id=actor.user_id,
        holder=None,
        reviewer=None,
        lease_until=None,
        agreement=None,
        returned_reason="",
        skip_reason="",
        problem_text="",
        updated_at=now,
    )
    return bool(moved)


@transaction.atomic
def task_skip(*, actor: Actor, task_id: UUID, lock_token: UUID, reason: str) -> None:
    """Leave the task aside; what was drawn stays."""
    _set_aside(actor, task_id, lock_token, state="skipped", skip_reason=reason)


@transaction.atomic
def task_problem(*, actor: Actor, task_id: UUID, lock_token: UUID, text: str) -> None:
    """Tell that something is wrong with the task; what was drawn stays."""
    _set_aside(actor, task_id, lock_token, state="problem", problem_text=text)


def _set_aside(actor: Actor, task_id: UUID, lock_token: UUID, *, state: str, **texts: str) -> None:
    task = task_get_for(actor=actor, task_id=task_id, verb="annotate")
    if not lock_release(document_id=task.document_id, lock_token=lock_token):
        raise lock_lost(task.document_id)
    moved = Task.objects.filter(pk=task_id, state__in=OPEN_STATES).update(
        state=state,
        assignee_id=actor.user_id,
        holder=None,
        lease_until=None,
        updated_at=timezone.now(),
        **texts,
    )
    if not moved:
        raise TaskMoved("This task is in review; return it instead.", state=task.state)
    _note(actor, task, f"task.{state}")
    _tell(task)


@transaction.atomic
def task_reopen(*, actor: Actor, task_id: UUID) -> None:
    """Take work back that was handed in, or put back what was left aside."""
    task = task_get_for(actor=actor, task_id=task_id)
    verbs = project_verbs(actor=actor, project_id=task.project_id)
    if not may_reopen(
        verbs=verbs,
        user_id=actor.user_id,
        submitted_by_id=task.submitted_by_id or task.assignee_id,
        state=task.state,
    ):
        raise Forbidden("Only a reviewer can open this task again.")
    before = (*CLOSED_STATES, "skipped", "problem")
    moved = Task.objects.filter(pk=task_id, state=task.state, state__in=before).update(
        state="in_progress",
        assignee_id=task.submitted_by_id or task.assignee_id,
        accepted_at=None,
        holder=None,
        lease_until=None,
        updated_at=timezone.now(),
    )
    if not moved:
        raise TaskMoved("This task is open already.", state=task.state)
    if task.state in CLOSED_STATES:
        document_reopen(actor=actor, document_id=task.document_id)
    _note(actor, task, "task.reopened")
    _tell(task)


def _note(actor: Actor, task: Task, verb: str) -> None:
    audit_record(actor=actor, verb=verb, target_id=task.pk, project_id=task.project_id)


def _tell(task: Task) -> None:
    events.publish(f"project:{task.project_id}", "task", task.pk)
