"""The Django application of this room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Names the room."""

    name = "backend.audit"
    label = "audit"
