"""The Django application of this room."""

from django.apps import AppConfig


class ImagingConfig(AppConfig):
    """Names the room."""

    name = "backend.imaging"
    label = "imaging"
