"""A project with six cases in its queue."""

import pytest

from backend.worklists.models import Task
from backend.worklists.services import project_tasks_sync
from tests.backend.worklists.images import make_image
from tests.factories import add_unit


@pytest.fixture(autouse=True)
def bells(monkeypatch):
    """Return the doorbells that were rung; the broker is the process edge."""
    rung = []

    def note(task_name, /, *args, queue="default"):
        rung.append((task_name, args, queue))
        return True

    monkeypatch.setattr("backend.core.services.ring", note)
    monkeypatch.setattr("backend.core.queue.ring", note)
    return rung


@pytest.fixture
def queue(project):
    """Return the project once its six units are tasks; case 4 is the most useful."""
    for _ in range(6):
        add_unit(project, make_image())
    project_tasks_sync(project_id=project.pk)
    Task.objects.filter(number=4).update(priority=0.9)
    Task.objects.filter(number=2).update(priority=0.4)
    return project
