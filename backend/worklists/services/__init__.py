"""Write side of worklists."""

from backend.worklists.services.assigning import tasks_assign
from backend.worklists.services.claims import Claim, task_next
from backend.worklists.services.learning import agreement_record, queue_reorder
from backend.worklists.services.opening import task_heartbeat, task_open, task_release
from backend.worklists.services.outcomes import (
    task_problem,
    task_reopen,
    task_skip,
    task_submit,
)
from backend.worklists.services.reviews import review_next, task_review
from backend.worklists.services.syncing import (
    project_tasks_sync,
    project_tasks_sync_for,
    project_tasks_sync_if_due,
)

__all__ = [
    "Claim",
    "agreement_record",
    "project_tasks_sync",
    "project_tasks_sync_for",
    "project_tasks_sync_if_due",
    "queue_reorder",
    "review_next",
    "task_heartbeat",
    "task_next",
    "task_open",
    "task_problem",
    "task_release",
    "task_reopen",
    "task_review",
    "task_skip",
    "task_submit",
    "tasks_assign",
]
