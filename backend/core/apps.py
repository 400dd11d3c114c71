"""The Django application of this room."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Names the room."""

    name = "backend.core"
    label = "core"
