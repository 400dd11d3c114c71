"""The Django application of this room."""

from django.apps import AppConfig


class InferenceConfig(AppConfig):
    """Names the room."""

    name = "backend.inference"
    label = "inference"
