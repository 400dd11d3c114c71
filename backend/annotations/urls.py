"""Addresses of this room's doors."""

from django.urls import URLPattern, URLResolver, path

from backend.annotations.api import DocumentView, RestoreView, RevisionsView

_DOCUMENT = "api/v1/documents/<uuid:document_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_DOCUMENT, DocumentView.as_view(), name="document"),
    path(f"{_DOCUMENT}/revisions", RevisionsView.as_view(), name="revisions"),
    path(f"{_DOCUMENT}/restore", RestoreView.as_view(), name="restore"),
]
