"""Doors: where files come from by themselves, for administrators."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.imaging.domain.messages_sources import (
    SourceIn,
    SourceListOut,
    SourceOut,
    SourcePatch,
    SourceRunListOut,
    SourceRunOut,
    SourceTestIn,
    SourceTestOut,
)
from backend.imaging.selectors import sources
from backend.imaging.services.sources.keeping import (
    source_add,
    source_change,
    source_remove,
    source_try,
)
from backend.imaging.services.sources.running import source_run_start


class SourcesView(APIView):
    """All sources."""

    @extend_schema(operation_id="sources_list", responses={200: SourceListOut})
    def get(self, request: Request) -> Response:
        """List them with their last results, and what this installation allows."""
        return Response(sources.sources_list(actor=Actor.of(request)).model_dump(mode="json"))

    @extend_schema(operation_id="source_add", request=SourceIn, responses={201: SourceOut})
    def post(self, request: Request) -> Response:
        """Add one."""
        body = SourceIn.model_validate(request.data)
        source = source_add(actor=Actor.of(request), body=body)
        answer = sources.source_out(source).model_dump(mode="json")
        return Response(answer, status=status.HTTP_201_CREATED)


class SourceView(APIView):
    """One source."""

    @extend_schema(operation_id="source_get", responses={200: SourceOut})
    def get(self, request: Request, source_id: UUID) -> Response:
        """Return it with its last result."""
        source = sources.source_get(actor=Actor.of(request), source_id=source_id)
        return Response(sources.source_out(source).model_dump(mode="json"))

    @extend_schema(operation_id="source_change", request=SourcePatch, responses={200: SourceOut})
    def patch(self, request: Request, source_id: UUID) -> Response:
        """Change what is given."""
        body = SourcePatch.model_validate(request.data)
        source = source_change(actor=Actor.of(request), source_id=source_id, body=body)
        return Response(sources.source_out(source).model_dump(mode="json"))

    @extend_schema(operation_id="source_remove", responses={204: None})
    def delete(self, request: Request, source_id: UUID) -> Response:
        """Forget it; everything it brought stays."""
        source_remove(actor=Actor.of(request), source_id=source_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SourceRunsView(APIView):
    """Looks at a source."""

    @extend_schema(operation_id="source_runs_list", responses={200: SourceRunListOut})
    def get(self, request: Request, source_id: UUID) -> Response:
        """List the latest, newest first."""
        page = sources.source_runs(actor=Actor.of(request), source_id=source_id)
        return Response(page.model_dump(mode="json"))

    @extend_schema(operation_id="source_run", request=None, responses={202: SourceRunOut})
    def post(self, request: Request, source_id: UUID) -> Response:
        """Look at it now."""
        run = source_run_start(actor=Actor.of(request), source_id=source_id)
        answer = sources.source_run_out(run).model_dump(mode="json")
        return Response(answer, status=status.HTTP_202_ACCEPTED)


class SourceTestsView(APIView):
    """Trying a source, kept or not."""

    @extend_schema(operation_id="source_test", request=SourceTestIn, responses={200: SourceTestOut})
    def post(self, request: Request) -> Response:
        """Ask whether it answers."""
        body = SourceTestIn.model_validate(request.data)
        found = source_try(actor=Actor.of(request), body=body)
        return Response(found.model_dump(mode="json"))
