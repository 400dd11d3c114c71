"""Doors of jobs."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.inference.domain.messages import JobList, JobOut
from backend.inference.selectors import job_get, jobs_of
from backend.inference.services import job_cancel_by, job_retry_by


class JobsView(APIView):
    """Background work the person may see."""

    @extend_schema(
        operation_id="jobs_list",
        parameters=[
            OpenApiParameter("project", str, description="Only jobs of this project."),
            OpenApiParameter("state", str, description="One state, or several with commas."),
            OpenApiParameter("cursor", str, description="Where the page before ended."),
        ],
        responses={200: JobList},
    )
    def get(self, request: Request) -> Response:
        """List jobs, newest first."""
        page = jobs_of(
            actor=Actor.of(request),
            project_id=_uuid(request.query_params.get("project")),
            state=request.query_params.get("state"),
            cursor=request.query_params.get("cursor"),
        )
        return Response(page.model_dump(mode="json"))


class JobView(APIView):
    """One job."""

    @extend_schema(operation_id="job_get", responses={200: JobOut})
    def get(self, request: Request, job_id: UUID) -> Response:
        """Return where it stands."""
        job = job_get(actor=Actor.of(request), job_id=job_id)
        return Response(job.model_dump(mode="json"))


class JobCancelView(APIView):
    """A job, stopped."""

    @extend_schema(operation_id="job_cancel", request=None, responses={200: JobOut})
    def post(self, request: Request, job_id: UUID) -> Response:
        """Stop it at once, or at the worker's next heartbeat."""
        job = job_cancel_by(actor=Actor.of(request), job_id=job_id)
        return Response(job.model_dump(mode="json"))


class JobRetryView(APIView):
    """A job, tried again."""

    @extend_schema(operation_id="job_retry", request=None, responses={200: JobOut})
    def post(self, request: Request, job_id: UUID) -> Response:
        """Queue an ended job again."""
        job = job_retry_by(actor=Actor.of(request), job_id=job_id)
        return Response(job.model_dump(mode="json"))


def _uuid(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("The project's id is not one of Limn's.") from None
