"""Read side of worklists. What an actor may not see looks absent."""

from backend.worklists.selectors.home import home, project_counts
from backend.worklists.selectors.opening import lease_seconds, task_open_out
from backend.worklists.selectors.progress import project_progress
from backend.worklists.selectors.tasks import (
    task_describe,
    task_get_for,
    task_out,
    tasks_page,
    tasks_shown,
)

__all__ = [
    "home",
    "lease_seconds",
    "project_counts",
    "project_progress",
    "task_describe",
    "task_get_for",
    "task_open_out",
    "task_out",
    "tasks_page",
    "tasks_shown",
]
