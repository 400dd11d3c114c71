"""Doors of annotations."""

from backend.annotations.api.documents import DocumentView, RestoreView, RevisionsView
from backend.annotations.api.quick import QuickView

__all__ = ["DocumentView", "QuickView", "RestoreView", "RevisionsView"]
