"""Addresses of this room's doors."""

from django.urls import URLPattern, URLResolver, path

from backend.worklists import api

_PROJECT = "api/v1/projects/<uuid:project_id>"
_TASK = "api/v1/tasks/<uuid:task_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/home", api.HomeView.as_view(), name="home_work"),
    path("api/v1/project-counts", api.ProjectCountsView.as_view(), name="project_counts"),
    path(f"{_PROJECT}/next", api.NextView.as_view(), name="task_next"),
    path(f"{_PROJECT}/tasks", api.TasksView.as_view(), name="tasks"),
    path(f"{_PROJECT}/assignments", api.AssignmentsView.as_view(), name="tasks_assign"),
    path(f"{_PROJECT}/progress", api.ProgressView.as_view(), name="project_progress"),
    path(_TASK, api.TaskView.as_view(), name="task"),
    path(f"{_TASK}/open", api.OpenView.as_view(), name="task_open"),
    path(f"{_TASK}/heartbeat", api.HeartbeatView.as_view(), name="task_heartbeat"),
    path(f"{_TASK}/release", api.ReleaseView.as_view(), name="task_release"),
    path(f"{_TASK}/skip", api.SkipView.as_view(), name="task_skip"),
    path(f"{_TASK}/problem", api.ProblemView.as_view(), name="task_problem"),
    path(f"{_TASK}/submit", api.SubmitView.as_view(), name="task_submit"),
    path(f"{_TASK}/review", api.ReviewView.as_view(), name="task_review"),
    path(f"{_TASK}/reopen", api.ReopenView.as_view(), name="task_reopen"),
]
