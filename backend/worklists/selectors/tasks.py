"""Tasks, one by one and in pages."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.accounts.selectors import user_out
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.core.http import cursor_decode, cursor_encode
from backend.projects.selectors import project_get_for, project_verbs
from backend.worklists.domain.messages import TaskListOut, TaskOut, WhyOut
from backend.worklists.models import Task

PAGE = 50
ABSENT = "There is no such task."
# Every order ends in a field that is unique within a project, so that pages never overlap.
ORDERS: dict[str, tuple[str, ...]] = {
    "updated": ("-updated_at", "-id"),
    "priority": ("-priority", "number"),
    "number": ("number",),
}


def tasks_shown() -> QuerySet[Task]:
    """Return tasks with what describing them needs at hand."""
    return Task.objects.select_related("unit", "assignee", "reviewer", "holder")


def task_get_for(*, actor: Actor, task_id: UUID, verb: str = "view") -> Task:
    """Return a task of a project the actor sees; Forbidden if they may not do `verb` there."""
    task = tasks_shown().select_related("project").filter(pk=task_id).first()
    verbs = frozenset() if task is None else project_verbs(actor=actor, project_id=task.project_id)
    if task is None or not verbs:
        raise NotFound(ABSENT)
    if verb not in verbs:
        raise Forbidden("Your role in this project does not allow this.")
    return task


def task_describe(*, actor: Actor, task_id: UUID) -> TaskOut:
    """Return one task as the doors give it."""
    return task_out(task_get_for(actor=actor, task_id=task_id))


def task_out(task: Task) -> TaskOut:
    """Encode a row of `tasks_shown`."""
    return TaskOut(
        id=task.pk,
        project_id=task.project_id,
        unit_id=task.unit_id,
        grid_id=task.unit.grid_id,
        number=task.number,
        label=label_of(task.number, task.modality),
        state=task.state,
        priority=task.priority,
        why=None if task.why is None else WhyOut.model_validate(task.why),
        assignee=None if task.assignee is None else user_out(task.assignee),
        is_reserved=task.is_reserved,
        reviewer=None if task.reviewer is None else user_out(task.reviewer),
        holder=None if task.holder is None else user_out(task.holder),
        lease_until=task.lease_until,
        updated_at=task.updated_at,
        submitted_at=task.submitted_at,
        active_seconds=task.active_ms // 1000,
        agreement=task.agreement,
        returned_reason=task.returned_reason or None,
        skip_reason=task.skip_reason or None,
        problem_text=task.problem_text or None,
        thumbnail_url=f"/api/v1/grids/{task.unit.grid_id}/thumbnail",
    )


def label_of(number: int, modality: str) -> str:
    """Return the display name of a case; it names no patient."""
    return f"Case {number:03d} · {modality}" if modality else f"Case {number:03d}"


def tasks_page(
    *,
    actor: Actor,
    project_id: UUID,
    states: tuple[str, ...] = (),
    assignee: str = "",
    search: str = "",
    order: str = "updated",
    cursor: str | None = None,
) -> TaskListOut:
    """Return a page of a project's tasks. `priority` is the order of the queue: to-dos only."""
    project_get_for(actor=actor, project_id=project_id)
    rows = tasks_shown().filter(project_id=project_id)
    if order == "priority":
        states = ("todo",)
    if states:
        rows = rows.filter(state__in=states)
    if assignee:
        rows = rows.filter(assignee_id=_assignee(actor, assignee))
    if search.strip():
        rows = _searched(rows, search.strip())
    rows = rows.order_by(*ORDERS[order])
    if cursor:
        rows = _after(rows, order, cursor)
    found = list(rows[: PAGE + 1])
    more = _marker(found[PAGE - 1], order) if len(found) > PAGE else None
    return TaskListOut(results=[task_out(row) for row in found[:PAGE]], next=more)


def _assignee(actor: Actor, text: str) -> UUID | None:
    if text == "me":
        return actor.user_id
    if text == "none":
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("The assignee is 'me', 'none' or a person's id.") from None


def _searched(rows: QuerySet[Task], text: str) -> QuerySet[Task]:
    """Keep the cases whose number begins so, or of a modality: ``14``, ``case 14``, ``CT``."""
    for word in text.replace("·", " ").split():
        if word.casefold() == "case":
            continue
        digits = word.lstrip("0")
        if digits.isdecimal() and len(digits) < 10:
            wanted = Q()
            for tail in range(10 - len(digits)):
                first = int(digits) * 10**tail
                wanted |= Q(number__range=(first, first + 10**tail - 1))
            rows = rows.filter(wanted)
        else:
            rows = rows.filter(modality=word.upper()[:16])
    return rows


def _marker(row: Task, order: str) -> str:
    if order == "updated":
        return cursor_encode(order, row.updated_at.isoformat(), str(row.pk))
    if order == "priority":
        return cursor_encode(order, row.priority, row.number)
    return cursor_encode(order, row.number, str(row.pk))


def _after(rows: QuerySet[Task], order: str, cursor: str) -> QuerySet[Task]:
    refused = Invalid("The page marker is not one of Limn's for this order; start again.")
    parts = cursor_decode(cursor)
    if len(parts) != 3 or parts[0] != order:
        raise refused
    _, first, second = parts
    try:
        if order == "updated":
            at = datetime.fromisoformat(first)
            return rows.filter(updated_at__lte=at).exclude(updated_at=at, pk__gte=UUID(second))
        if order == "priority":
            before = float(first)
            later = Q(priority=before, number__lte=int(second))
            return rows.filter(priority__lte=before).exclude(later)
        return rows.filter(number__gt=int(first))
    except (ValueError, TypeError):
        raise refused from None
