"""Doors: a delivery's record as a file, and files tried again."""

from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.imaging.domain.messages_runs import RunRetryOut
from backend.imaging.selectors.run_download import MEDIA, run_download
from backend.imaging.services.retry import run_retry


class RunDownloadView(APIView):
    """The record of a delivery."""

    @extend_schema(
        operation_id="ingest_run_download",
        parameters=[OpenApiParameter("format", str, enum=["csv", "json"])],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, run_id: UUID) -> StreamingHttpResponse:
        """Return what became of each file, as a table or as JSON."""
        kind = request.query_params.get("format", "csv")
        pieces = run_download(actor=Actor.of(request), run_id=run_id, kind=kind)
        name = f"delivery-{str(run_id)[:8]}.{kind}"
        return StreamingHttpResponse(
            pieces,
            content_type=MEDIA[kind],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class RunRetryView(APIView):
    """Trying again."""

    @extend_schema(operation_id="ingest_run_retry", request=None, responses={200: RunRetryOut})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Take in again, in the background, what failed for a reason outside of the file."""
        found = run_retry(actor=Actor.of(request), run_id=run_id)
        return Response(found.model_dump(mode="json"))
