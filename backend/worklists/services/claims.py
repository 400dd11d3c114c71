"""The next task: the most useful one that is free, given to exactly one person.

One read and one statement that takes: first what is mine (returned, unfinished, set aside for
me, prefetched by me), then the queue, by a partial index in its own order. `SKIP LOCKED` lets fifty ask at once and
none waits for another; lease and editing lock are written by the same statement, so that it is
theirs as a whole or not at all. Strategies only write priorities.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from backend.annotations.selectors import first_row
from backend.annotations.services import Lock
from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.projects.domain import ProjectPolicy
from backend.projects.policies import role_verbs
from backend.worklists.models import Task
from backend.worklists.services.syncing import project_tasks_sync

# A tab that prefetches says so again well within this; one that was closed does not.
PEEK_SECONDS = 60.0


@dataclass(frozen=True)
class Claim:
    """A task that is the actor's now, or a sentence why there is none."""

    task_id: UUID | None
    lock: Lock | None
    code: str | None = None
    reason: str | None = None


# The actor's role, the policy, the newest schema version, whether units wait to become tasks, and
# whether a lease ran out.
_LOOK = """
SELECT m.role, p.policy, s.id,
       coalesce((SELECT u.number FROM projects_unit u WHERE u.project_id = p.id
                 ORDER BY u.number DESC LIMIT 1), 0) > coalesce(q.unit_number, 0),
       EXISTS (SELECT FROM worklists_task t WHERE t.project_id = p.id
               AND t.state = 'in_progress' AND t.lease_until < now())
FROM projects_project p
JOIN projects_labelschema s ON s.project_id = p.id AND s.number = p.schema_number
LEFT JOIN projects_membership m ON m.project_id = p.id AND m.user_id = %(user)s
LEFT JOIN worklists_queuestate q ON q.project_id = p.id
WHERE p.id = %(project)s
"""
# Work that was started, never touched, and whose holder is gone goes back to the queue.
_GIVE_BACK = """
UPDATE worklists_task t
SET state = 'todo', assignee_id = CASE WHEN t.is_reserved THEN t.assignee_id END,
    holder_id = NULL, lease_until = NULL, updated_at = now()
WHERE t.id IN (
    SELECT w.id FROM worklists_task w JOIN annotations_document d ON d.id = w.document_id
    WHERE w.project_id = %s AND w.state = 'in_progress' AND w.lease_until < now()
      AND d.head_number = 0
    FOR NO KEY UPDATE OF w SKIP LOCKED
)
"""
# What is reserved for somebody who has left the project is everybody's.
# A draft that is opened speaks the newest schema version (see document_schema_upgrade).
_TAKE = """
WITH mine AS MATERIALIZED (
    SELECT id FROM worklists_task
    WHERE assignee_id = %(user)s AND project_id = %(project)s
      AND state IN ('returned', 'in_progress', 'todo')
      AND (lease_until IS NULL OR lease_until < now())
    ORDER BY CASE state WHEN 'returned' THEN 0 WHEN 'in_progress' THEN 1 ELSE 2 END,
             priority DESC, number
    LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
), peeked AS MATERIALIZED (
    SELECT id FROM worklists_task
    WHERE holder_id = %(user)s AND project_id = %(project)s AND state = 'todo'
      AND NOT EXISTS (SELECT FROM mine)
    ORDER BY priority DESC, number
    LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
), queue AS MATERIALIZED (
    SELECT id FROM worklists_task q
    WHERE project_id = %(project)s AND state = 'todo'
      AND (assignee_id IS NULL OR NOT EXISTS (
          SELECT FROM projects_membership m
          WHERE m.project_id = q.project_id AND m.user_id = q.assignee_id))
      AND (lease_until IS NULL OR lease_until < now()) AND NOT EXISTS (SELECT FROM mine)
      AND NOT EXISTS (SELECT FROM peeked)
    ORDER BY priority DESC, number
    LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
), taken AS (
    UPDATE worklists_task t
    SET holder_id = %(user)s, lease_until = %(until)s, updated_at = now(),
        assignee_id = CASE WHEN %(peek)s THEN t.assignee_id ELSE %(user)s END,
        started_at = CASE WHEN %(peek)s THEN t.started_at ELSE coalesce(t.started_at, now()) END,
        state = CASE WHEN %(peek)s OR t.state <> 'todo' THEN t.state ELSE 'in_progress' END
    FROM (SELECT id FROM mine UNION ALL SELECT id FROM peeked UNION ALL SELECT id FROM queue) AS candidate
    WHERE t.id = candidate.id
    RETURNING t.id, t.document_id
), locked AS (
    UPDATE annotations_document d
    SET lock_token = %(lock)s, lock_user_id = %(user)s, lock_until = %(until)s,
        schema_id = CASE WHEN d.state = 'draft' THEN %(schema)s ELSE d.schema_id END
    FROM taken WHERE d.id = taken.document_id
)
SELECT id FROM taken
"""


def task_next(*, actor: Actor, project_id: UUID, peek: bool = False) -> Claim:
    """Give the actor the next task; with `peek` a short lease on it, without starting it."""
    desk = _look(actor, project_id)
    if actor.user_id is None:
        return Claim(None, None, "queue.nobody", "Only a person can work on a task.")
    if desk.is_behind:
        project_tasks_sync(project_id=project_id)
    if desk.has_expired:
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_BACK, [project_id])
    seconds = PEEK_SECONDS if peek else desk.lease_seconds
    lock = Lock(token=uuid4(), expires_at=timezone.now() + timedelta(seconds=seconds))
    values = {
        "project": project_id,
        "user": actor.user_id,
        "until": lock.expires_at,
        "peek": peek,
        "lock": lock.token,
        "schema": desk.schema_id,
    }
    row = first_row(_TAKE, values)
    if row is None:
        return Claim(None, None, *_why_none(actor, project_id))
    return Claim(row[0], lock)


@dataclass(frozen=True)
class _Desk:
    """What the queue of a project needs before it gives: see `_LOOK`."""

    lease_seconds: float
    schema_id: int
    is_behind: bool
    has_expired: bool


def _look(actor: Actor, project_id: UUID) -> _Desk:
    """Return the state of the queue for somebody who may label; refuse everybody else."""
    row = first_row(_LOOK, {"project": project_id, "user": actor.user_id})
    verbs = frozenset() if row is None else role_verbs(row[0], is_admin=actor.is_admin)
    if row is None or "view" not in verbs:
        raise NotFound("There is no such project.")
    if "annotate" not in verbs:
        raise Forbidden("Your role in this project does not allow this.")
    policy = ProjectPolicy.model_validate_json(row[1])
    return _Desk(policy.lease_minutes * 60.0, row[2], row[3], row[4])


def _why_none(actor: Actor, project_id: UUID) -> tuple[str, str]:
    tasks = Task.objects.filter(project_id=project_id)
    if not tasks.exists():
        return "queue.empty", "This project has no studies yet."
    left = tasks.filter(state__in=("todo", "in_progress", "returned"))
    others = left.exclude(holder_id=actor.user_id).count()
    mine = left.count() - others
    if mine:
        what = "One task is" if mine == 1 else f"{mine} tasks are"
        return "queue.yours", f"{what} open in another window of yours; go on from Recent."
    if others and _all_reserved(tasks, actor):
        return "queue.reserved", "What is left is set aside for other people."
    if others:
        verb = "task is" if others == 1 else "tasks are"
        return "queue.taken", f"The last {others} {verb} with other people at the moment."
    return "queue.done", "All tasks of this project are done."


def _all_reserved(tasks: QuerySet[Task], actor: Actor) -> bool:
    """Tell whether nothing but work set aside for others is left, and none of it is open."""
    waiting = tasks.filter(state="todo", is_reserved=True).exclude(assignee_id=actor.user_id)
    return waiting.exists() and not tasks.filter(state__in=("in_progress", "returned")).exists()
