"""The Django application of this room."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Names the room."""

    name = "backend.exports"
    label = "exports"
