"""The Django application of this room."""

from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    """Names the room."""

    name = "backend.annotations"
    label = "annotations"
