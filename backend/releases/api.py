"""Doors of releases."""

from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.releases.domain import ReleaseIn, ReleaseList, ReleaseOut
from backend.releases.selectors import release_get, release_manifest, releases_of_project
from backend.releases.services import release_create


class ReleasesView(APIView):
    """The releases of a project."""

    @extend_schema(operation_id="releases_list", responses={200: ReleaseList})
    def get(self, request: Request, project_id: UUID) -> Response:
        """List them, newest first."""
        page = releases_of_project(actor=Actor.of(request), project_id=project_id)
        return Response(page.model_dump(mode="json"))

    @extend_schema(operation_id="release_create", request=ReleaseIn, responses={201: ReleaseOut})
    def post(self, request: Request, project_id: UUID) -> Response:
        """Freeze the finished work of the project."""
        body = ReleaseIn.model_validate(request.data)
        actor = Actor.of(request)
        release = release_create(
            actor=actor,
            project_id=project_id,
            name=body.name,
            split=body.split,
            work=body.work,
        )
        answer = release_get(actor=actor, release_id=release.pk)
        return Response(answer.model_dump(mode="json"), status=status.HTTP_201_CREATED)


class ReleaseView(APIView):
    """One release."""

    @extend_schema(operation_id="release_get", responses={200: ReleaseOut})
    def get(self, request: Request, release_id: UUID) -> Response:
        """Return its datasheet."""
        release = release_get(actor=Actor.of(request), release_id=release_id)
        return Response(release.model_dump(mode="json"))


class ReleaseManifestView(APIView):
    """The manifest: every revision, frame and mask by its hash."""

    @extend_schema(operation_id="release_manifest", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, release_id: UUID) -> StreamingHttpResponse:
        """Stream the exact bytes that the release's checksum covers."""
        checksum, pieces = release_manifest(actor=Actor.of(request), release_id=release_id)
        response = StreamingHttpResponse(pieces, content_type="application/json")
        response["ETag"] = f'"{checksum}"'
        response["Cache-Control"] = "private, max-age=31536000, immutable"
        response["Content-Disposition"] = 'attachment; filename="manifest.json"'
        return response
