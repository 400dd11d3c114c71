"""Doors of worklists."""

from backend.worklists.api.projects import (
    AssignmentsView,
    HomeView,
    NextView,
    ProgressView,
    ProjectCountsView,
    TasksView,
)
from backend.worklists.api.tasks import (
    HeartbeatView,
    OpenView,
    ProblemView,
    ReleaseView,
    ReopenView,
    ReviewView,
    SkipView,
    SubmitView,
    TaskView,
)

__all__ = [
    "AssignmentsView",
    "HeartbeatView",
    "HomeView",
    "NextView",
    "OpenView",
    "ProblemView",
    "ProgressView",
    "ProjectCountsView",
    "ReleaseView",
    "ReopenView",
    "ReviewView",
    "SkipView",
    "SubmitView",
    "TaskView",
    "TasksView",
]
