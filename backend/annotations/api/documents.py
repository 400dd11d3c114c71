"""Doors of annotations.

The save is the hottest call of Limn: its body is parsed and checked in one step, and its answer
written as it is.
"""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.annotations.api.quick import QuickView
from backend.annotations.domain import (
    DocumentState,
    RestoreIn,
    RevisionIn,
    RevisionOut,
    RevisionRows,
)
from backend.annotations.selectors import document_state, revision_rows
from backend.annotations.services import Saved, revision_restore, revision_save
from backend.core.actor import Actor
from backend.core.errors import Invalid


class DocumentView(APIView):
    """One annotation document."""

    @extend_schema(
        operation_id="document_get",
        parameters=[OpenApiParameter("number", OpenApiTypes.INT, required=False)],
        responses={200: DocumentState},
    )
    def get(self, request: Request, document_id: UUID) -> HttpResponse:
        """Return the document at its head, or at revision `number`."""
        text = request.query_params.get("number")
        if text is not None and not text.isdecimal():
            raise Invalid("A revision number is a whole number from 0 up.")
        number = None if text is None else int(text)
        state = document_state(actor=Actor.of(request), document_id=document_id, number=number)
        return HttpResponse(state.model_dump_json(), content_type="application/json")


class RevisionsView(QuickView):
    """The revisions of one document."""

    @extend_schema(
        operation_id="revisions_list",
        parameters=[OpenApiParameter("cursor", OpenApiTypes.STR, required=False)],
        responses={200: RevisionRows},
    )
    def get(self, request: Request, document_id: UUID) -> Response:
        """List the history, newest first."""
        rows = revision_rows(
            actor=Actor.of(request),
            document_id=document_id,
            cursor=request.query_params.get("cursor"),
        )
        return Response(rows.model_dump(mode="json"))

    @extend_schema(
        operation_id="revision_save",
        request=RevisionIn,
        responses={200: RevisionOut, 201: RevisionOut},
    )
    def post(self, request: Request, document_id: UUID) -> HttpResponse:
        """Save a change on top of the revision the client read."""
        change = RevisionIn.model_validate_json(request.body)
        saved = revision_save(actor=Actor.of(request), document_id=document_id, change=change)
        return _answer(saved)


class RestoreView(APIView):
    """Going back."""

    @extend_schema(
        operation_id="revision_restore",
        request=RestoreIn,
        responses={200: RevisionOut, 201: RevisionOut},
    )
    def post(self, request: Request, document_id: UUID) -> HttpResponse:
        """Append a revision equal to an earlier state."""
        wish = RestoreIn.model_validate_json(request.body)
        saved = revision_restore(actor=Actor.of(request), document_id=document_id, wish=wish)
        return _answer(saved)


def _answer(saved: Saved) -> HttpResponse:
    body = RevisionOut(number=saved.number, saved_at=saved.saved_at).model_dump_json()
    status = 201 if saved.is_new else 200
    return HttpResponse(body, status=status, content_type="application/json")
