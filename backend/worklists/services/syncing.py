"""Units become tasks: rung for when units are added, and done on demand where it was not.

And if it dies here? The transaction goes back whole; the next one who asks for a task makes them.
"""

from uuid import UUID

from django.db import connection, transaction

from backend.annotations.services import documents_create
from backend.core import events
from backend.core.actor import Actor
from backend.projects.models import Project, Unit
from backend.projects.selectors import project_get_for, schema_current
from backend.worklists.models import QueueState, Task

BATCH = 2000

_IS_BEHIND = """
SELECT coalesce((SELECT number FROM projects_unit WHERE project_id = %s
                 ORDER BY number DESC LIMIT 1), 0)
     > coalesce((SELECT unit_number FROM worklists_queuestate WHERE project_id = %s), 0)
"""


def project_tasks_sync_if_due(*, project_id: UUID) -> None:
    """Make missing tasks if there are units newer than the last one that became a task."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_BEHIND, [project_id, project_id])
        (is_behind,) = cursor.fetchone()
    if is_behind:
        project_tasks_sync(project_id=project_id)


def project_tasks_sync_for(*, actor: Actor, project_id: UUID) -> None:
    """Make missing tasks before somebody who may see the project looks at them."""
    project_get_for(actor=actor, project_id=project_id)
    project_tasks_sync_if_due(project_id=project_id)


@transaction.atomic
def project_tasks_sync(*, project_id: UUID) -> int:
    """Make a task and an empty document for each unit that has none; return how many were made.

    One at a time per project: the row of the project's queue is the lock.
    """
    if not Project.objects.filter(pk=project_id).exists():
        return 0
    QueueState.objects.bulk_create([QueueState(project_id=project_id)], ignore_conflicts=True)
    queue = QueueState.objects.select_for_update(no_key=True).get(pk=project_id)
    units = list(
        Unit.objects.filter(project_id=project_id, tasks=None)
        .order_by("number")
        .values_list("pk", "grid_id", "number", "grid__series__modality")
    )
    if not units:
        return 0
    document_ids = documents_create(
        project_id=project_id,
        grid_ids=[grid_id for _, grid_id, _, _ in units],
        schema_id=schema_current(project_id=project_id).pk,
    )
    Task.objects.bulk_create(
        [
            Task(
                project_id=project_id,
                unit_id=unit_id,
                number=number,
                modality=modality,
                document_id=document_id,
            )
            for (unit_id, _, number, modality), document_id in zip(units, document_ids, strict=True)
        ],
        batch_size=BATCH,
    )
    QueueState.objects.filter(pk=queue.pk).update(unit_number=max(queue.unit_number, units[-1][2]))
    events.publish(f"project:{project_id}", "tasks", project_id)
    return len(units)
