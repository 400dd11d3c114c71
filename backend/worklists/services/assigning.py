"""Giving tasks to named people beforehand: `next` then prefers them and gives them to nobody else."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.audit.services import audit_record
from backend.core import events
from backend.core.actor import Actor
from backend.core.errors import Invalid, NotFound
from backend.projects.selectors import member_ids, project_get_for, project_verbs
from backend.worklists.domain.messages import AssignmentsOut, LeftOut
from backend.worklists.models import Task
from backend.worklists.policies import OPEN_STATES


@transaction.atomic
def tasks_assign(
    *, actor: Actor, project_id: UUID, task_ids: list[UUID], user_id: UUID | None
) -> AssignmentsOut:
    """Reserve open tasks for a person, or with None give them to whoever comes.

    Work that somebody has open at the moment, or that is handed in, is left as it is and named.
    """
    project_get_for(actor=actor, project_id=project_id, verb="manage_tasks")
    if user_id is not None:
        _refuse_who_cannot_label(project_id, user_id)
    tasks = list(
        Task.objects.select_for_update(no_key=True)
        .filter(project_id=project_id, pk__in=task_ids)
        .order_by("number")
    )
    if len(tasks) < len(set(task_ids)):
        raise NotFound("One of these tasks is not in this project.")
    left = [LeftOut(task_id=task.pk, reason=why) for task in tasks if (why := _why_not(task))]
    kept = {row.task_id for row in left}
    chosen = [task.pk for task in tasks if task.pk not in kept]
    rows = Task.objects.filter(pk__in=chosen)
    now = timezone.now()
    rows.update(assignee_id=user_id, is_reserved=user_id is not None, updated_at=now)
    # Nobody's work is nobody's: what was only begun in name goes back to the queue.
    rows.filter(state="in_progress", document__head_number=0).update(state="todo", holder=None)
    audit_record(
        actor=actor,
        verb="task.assigned",
        target_id=user_id or project_id,
        project_id=project_id,
        count=len(chosen),
    )
    events.publish(f"project:{project_id}", "tasks", project_id)
    return AssignmentsOut(assigned=len(chosen), left=left)


def _refuse_who_cannot_label(project_id: UUID, user_id: UUID) -> None:
    if user_id not in member_ids(project_id=project_id):
        raise NotFound("This person is not in the project.")
    if "annotate" not in project_verbs(actor=Actor(user_id=user_id), project_id=project_id):
        raise Invalid("This person's role is to look, not to label. Give them another role first.")


def _why_not(task: Task) -> str:
    if task.state not in OPEN_STATES:
        return "It is handed in already."
    if task.lease_until is not None and task.lease_until > timezone.now():
        return "Somebody has it open at the moment."
    return ""
