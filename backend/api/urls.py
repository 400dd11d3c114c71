"""Addresses of this room's doors."""

from django.urls import URLPattern, URLResolver, path

from backend.api.admin import AuditView, SystemView
from backend.api.api import RunUndoView

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/system", SystemView.as_view(), name="system"),
    path("api/v1/audit", AuditView.as_view(), name="audit"),
    path("api/v1/ingest-runs/<uuid:run_id>/undo", RunUndoView.as_view(), name="ingest-run-undo"),
]
