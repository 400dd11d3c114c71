"""Addresses of this room's doors."""

from django.urls import URLPattern, URLResolver, path

from backend.exports.api import ExportDownloadView, ExportsView, ExportView

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/releases/<uuid:release_id>/exports", ExportsView.as_view(), name="exports"),
    path("api/v1/exports/<uuid:export_id>", ExportView.as_view(), name="export"),
    path(
        "api/v1/exports/<uuid:export_id>/download",
        ExportDownloadView.as_view(),
        name="export-download",
    ),
]
