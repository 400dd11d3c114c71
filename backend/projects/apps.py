"""The Django application of this room."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Names the room."""

    name = "backend.projects"
    label = "projects"
