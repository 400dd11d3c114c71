"""The Django application of this room."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Names the room."""

    name = "backend.api"
    label = "api"
