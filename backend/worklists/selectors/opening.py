"""Everything an editor needs to start on a task, in one answer."""

from uuid import UUID

from backend.annotations.models import Document
from backend.annotations.selectors import state_of
from backend.annotations.services import Lock
from backend.core.actor import Actor
from backend.imaging.selectors import grid_view
from backend.inference.selectors import interactive_models
from backend.projects.domain import ProjectPolicy
from backend.projects.models import Project
from backend.projects.selectors import schema_out
from backend.worklists.domain.messages import (
    LockOut,
    PositionOut,
    ProjectRef,
    TaskOpen,
)
from backend.worklists.models import QueueState
from backend.worklists.selectors.tasks import task_out, tasks_shown


def lease_seconds(project: Project) -> float:
    """Return how long a task stays with somebody who says nothing more."""
    return ProjectPolicy.model_validate(project.policy).lease_minutes * 60.0


def task_open_out(*, actor: Actor, task_id: UUID, lock: Lock | None) -> TaskOpen:
    """Return the task with image, document, proposal and models; without a lock: to look at."""
    task = tasks_shown().select_related("project").get(pk=task_id)
    documents = Document.objects.select_related("schema").in_bulk(
        [pk for pk in (task.document_id, task.proposal_id) if pk is not None]
    )
    document = documents[task.document_id]
    proposal = None if task.proposal_id is None else documents[task.proposal_id]
    project = task.project
    total = QueueState.objects.filter(pk=project.pk).values_list("unit_number", flat=True).first()
    return TaskOpen(
        task=task_out(task),
        project=ProjectRef(id=project.pk, name=project.name, instructions=project.instructions),
        schema_version=schema_out(document.schema),
        view=grid_view(actor=actor, grid_id=task.unit.grid_id),
        document=state_of(document),
        proposal=None if proposal is None else state_of(proposal),
        lock=None if lock is None else LockOut(token=lock.token, expires_at=lock.expires_at),
        interactive_models=interactive_models(project_id=project.pk),
        position=PositionOut(index=task.number, total=max(total or 0, task.number)),
    )
