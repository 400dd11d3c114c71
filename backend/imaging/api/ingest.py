"""Doors: deliveries and resumable uploads."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.imaging.domain.messages import (
    IngestItemListOut,
    IngestRunIn,
    UploadIn,
    UploadOut,
)
from backend.imaging.domain.messages_runs import IngestRunListOut, IngestRunOut
from backend.imaging.selectors import runs
from backend.imaging.services.deid import browser_may_use
from backend.imaging.services.ingest import run_finish, run_open
from backend.imaging.services.uploads import upload_append, upload_create

CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")


class IngestRunsView(APIView):
    """Deliveries of files."""

    @extend_schema(
        operation_id="ingest_runs_list", parameters=[CURSOR], responses={200: IngestRunListOut}
    )
    def get(self, request: Request) -> Response:
        """List one's deliveries, newest first."""
        page = runs.runs_page(
            actor=Actor.of(request), cursor=request.query_params.get("cursor", "")
        )
        return Response(page.model_dump(mode="json"))

    @extend_schema(
        operation_id="ingest_run_open", request=IngestRunIn, responses={201: IngestRunOut}
    )
    def post(self, request: Request) -> Response:
        """Begin a delivery."""
        body = IngestRunIn.model_validate(request.data)
        if body.policy:
            browser_may_use(body.policy)
        run = run_open(
            actor=Actor.of(request), source=body.source, label=body.label, policy=body.policy
        )
        answer = runs.run_out(run).model_dump(mode="json")
        return Response(answer, status=status.HTTP_201_CREATED)


class IngestRunView(APIView):
    """One delivery."""

    @extend_schema(operation_id="ingest_run_get", responses={200: IngestRunOut})
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return how far it is."""
        run = runs.run_get(actor=Actor.of(request), run_id=run_id)
        return Response(runs.run_out(run).model_dump(mode="json"))


class IngestItemsView(APIView):
    """The files of a delivery."""

    @extend_schema(
        operation_id="ingest_items_list",
        parameters=[OpenApiParameter("outcome", str), CURSOR],
        responses={200: IngestItemListOut},
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return what became of each file."""
        page = runs.items_page(
            actor=Actor.of(request),
            run_id=run_id,
            outcome=request.query_params.get("outcome", ""),
            cursor=request.query_params.get("cursor", ""),
        )
        return Response(page.model_dump(mode="json"))


class IngestFinishView(APIView):
    """Closing a delivery."""

    @extend_schema(operation_id="ingest_run_finish", request=None, responses={200: IngestRunOut})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Form the grids of what has arrived and close the delivery."""
        run = run_finish(actor=Actor.of(request), run_id=run_id)
        return Response(runs.run_out(run).model_dump(mode="json"))


class PieceParser(BaseParser):
    """Leaves the body alone, so that it can be read piece by piece."""

    media_type = "application/offset+octet-stream"

    def parse(self, stream: Any, *_: object, **__: object) -> Any:  # noqa: ANN401  as DRF has it
        """Return the stream itself."""
        return stream


class UploadsView(APIView):
    """Files on their way in."""

    @extend_schema(operation_id="upload_create", request=UploadIn, responses={201: UploadOut})
    def post(self, request: Request) -> Response:
        """Announce a file."""
        body = UploadIn.model_validate(request.data)
        upload = upload_create(
            actor=Actor.of(request), run_id=body.run_id, name=body.name, size=body.size
        )
        answer = runs.upload_out(upload).model_dump(mode="json")
        return Response(answer, status=status.HTTP_201_CREATED)


class UploadView(APIView):
    """One file on its way in."""

    parser_classes = (PieceParser,)

    @extend_schema(operation_id="upload_get", responses={200: UploadOut})
    def get(self, request: Request, upload_id: UUID) -> Response:
        """Return how much has safely arrived; the same in the header `Upload-Offset`."""
        upload = runs.upload_get(actor=Actor.of(request), upload_id=upload_id)
        answer = runs.upload_out(upload).model_dump(mode="json")
        return Response(answer, headers={"Upload-Offset": str(upload.offset_bytes)})

    @extend_schema(exclude=True)
    def head(self, request: Request, upload_id: UUID) -> HttpResponse:
        """Return how much has safely arrived."""
        upload = runs.upload_get(actor=Actor.of(request), upload_id=upload_id)
        return HttpResponse(headers={"Upload-Offset": str(upload.offset_bytes)})

    @extend_schema(
        operation_id="upload_append",
        request={PieceParser.media_type: OpenApiTypes.BINARY},
        parameters=[OpenApiParameter("Upload-Offset", int, "header", required=True)],
        responses={200: UploadOut},
    )
    def patch(self, request: Request, upload_id: UUID) -> Response:
        """Add a piece at `Upload-Offset`."""
        offset = request.headers.get("Upload-Offset", "")
        if not offset.isdigit():
            raise Invalid("The header Upload-Offset must say where the piece begins.")
        found = upload_append(
            actor=Actor.of(request),
            upload_id=upload_id,
            offset=int(offset),
            read=request._request.read,  # noqa: SLF001  the body itself, unparsed
        )
        return Response(found.model_dump(mode="json"), headers={"Upload-Offset": str(found.offset)})
