"""Doors of exports."""

from uuid import UUID

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.exports.domain.messages import ExportIn, ExportList, ExportOut, ExportStarted
from backend.exports.selectors import export_download, export_get, exports_of_release
from backend.exports.services.request import export_create


class ExportsView(APIView):
    """The exports of a release."""

    @extend_schema(operation_id="exports_list", responses={200: ExportList})
    def get(self, request: Request, release_id: UUID) -> Response:
        """List them, newest first."""
        page = exports_of_release(
            actor=Actor.of(request), release_id=release_id, site=_site(request)
        )
        return Response(page.model_dump(mode="json"))

    @extend_schema(operation_id="export_create", request=ExportIn, responses={202: ExportStarted})
    def post(self, request: Request, release_id: UUID) -> Response:
        """Write the release in a format and prove it by reading it back."""
        body = ExportIn.model_validate(request.data)
        actor = Actor.of(request)
        row = export_create(actor=actor, release_id=release_id, format_name=body.format)
        export = export_get(actor=actor, export_id=row.pk, site=_site(request))
        answer = ExportStarted(export=export, job=export.job)
        return Response(answer.model_dump(mode="json"), status=status.HTTP_202_ACCEPTED)


class ExportView(APIView):
    """One export."""

    @extend_schema(operation_id="export_get", responses={200: ExportOut})
    def get(self, request: Request, export_id: UUID) -> Response:
        """Return where it stands and what its proof found."""
        export = export_get(actor=Actor.of(request), export_id=export_id, site=_site(request))
        return Response(export.model_dump(mode="json"))


class ExportDownloadView(APIView):
    """The archive of a proven export."""

    @extend_schema(operation_id="export_download", responses={200: OpenApiTypes.BINARY})
    def get(self, request: Request, export_id: UUID) -> FileResponse:
        """Stream the archive."""
        sha256, name = export_download(actor=Actor.of(request), export_id=export_id)
        response = FileResponse(
            blob_store().open(sha256),
            as_attachment=True,
            filename=name,
            content_type="application/zip",
        )
        response["ETag"] = f'"{sha256}"'
        return response


def _site(request: Request) -> str:
    return str(request.build_absolute_uri("/"))
