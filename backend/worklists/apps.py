"""The Django application of this room."""

from django.apps import AppConfig


class WorklistsConfig(AppConfig):
    """Names the room."""

    name = "backend.worklists"
    label = "worklists"
