"""Doors for administrators: the system's state and the audit record."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.domain import AuditList, SystemOut
from backend.api.selectors import audit_describe, system_describe
from backend.core.actor import Actor


class SystemView(APIView):
    """The state of Limn's parts."""

    @extend_schema(operation_id="system_get", responses={200: SystemOut})
    def get(self, request: Request) -> Response:
        """Describe database, broker, workers, storage and jobs."""
        return Response(system_describe(actor=Actor.of(request)).model_dump(mode="json"))


class AuditView(APIView):
    """Who did what and when."""

    @extend_schema(
        operation_id="audit_list",
        parameters=[
            OpenApiParameter("verb", str, description="The beginning of a verb, as `project.`."),
            OpenApiParameter("target", str, description="The id of the thing it was done to."),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
        ],
        responses={200: AuditList},
    )
    def get(self, request: Request) -> Response:
        """List events, newest first."""
        rows, more = audit_describe(
            actor=Actor.of(request),
            verb=request.query_params.get("verb", ""),
            target_id=request.query_params.get("target", ""),
            cursor=request.query_params.get("cursor"),
        )
        return Response(AuditList(results=rows, next=more).model_dump(mode="json"))
