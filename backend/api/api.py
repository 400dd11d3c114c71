"""Doors that look into every room."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.services.undo import run_undo
from backend.core.actor import Actor
from backend.imaging.domain.messages_runs import RunUndoOut


class RunUndoView(APIView):
    """Undoing a delivery."""

    @extend_schema(operation_id="ingest_run_undo", request=None, responses={200: RunUndoOut})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Take out what it stored first and nobody works with; say what was kept and why."""
        found = run_undo(actor=Actor.of(request), run_id=run_id)
        return Response(found.model_dump(mode="json"))
