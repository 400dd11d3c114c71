"""The Django application of this room."""

from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    """Names the room."""

    name = "backend.releases"
    label = "releases"
