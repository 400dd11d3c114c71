"""Doors to the work of a project, and to one's own."""

from typing import get_args
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.annotations.api import QuickView
from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.worklists.domain.messages import (
    AssignmentsIn,
    AssignmentsOut,
    HomeOut,
    NextIn,
    NextOut,
    ProgressOut,
    ProjectCountsList,
    TaskListOut,
    TaskOrder,
    TaskState,
)
from backend.worklists.selectors import (
    home,
    project_counts,
    project_progress,
    task_open_out,
    tasks_page,
)
from backend.worklists.services import (
    project_tasks_sync_for,
    review_next,
    task_next,
    tasks_assign,
)


def json_answer(body: BaseModel, status: int = 200) -> HttpResponse:
    """Return a message as it stands; a large one is encoded once."""
    return HttpResponse(
        body.model_dump_json(by_alias=True), status=status, content_type="application/json"
    )


class NextView(QuickView):
    """The next task."""

    @extend_schema(operation_id="task_next", request=NextIn, responses={200: NextOut})
    def post(self, request: Request, project_id: UUID) -> HttpResponse:
        """Give the most useful free task, or what waits for review; or say why there is none."""
        body = NextIn.model_validate_json(request.body or b"{}")
        actor = Actor.of(request)
        if body.purpose == "review":
            claim = review_next(actor=actor, project_id=project_id)
        else:
            claim = task_next(actor=actor, project_id=project_id, peek=body.peek)
        task_open = None
        if claim.task_id is not None:
            task_open = task_open_out(actor=actor, task_id=claim.task_id, lock=claim.lock)
        return json_answer(NextOut(task_open=task_open, reason=claim.reason, code=claim.code))


class TasksView(APIView):
    """The tasks of a project."""

    @extend_schema(
        operation_id="tasks_list",
        parameters=[
            OpenApiParameter("state", str, description="One or several, with commas between."),
            OpenApiParameter("assignee", str, description="A person's id, 'me' or 'none'."),
            OpenApiParameter("search", str, description="The start of a case number; a modality."),
            OpenApiParameter("order", str, enum=get_args(TaskOrder)),
            OpenApiParameter("cursor", str),
        ],
        responses={200: TaskListOut},
    )
    def get(self, request: Request, project_id: UUID) -> HttpResponse:
        """List a page of tasks."""
        given = request.query_params
        states = tuple(word for word in given.get("state", "").split(",") if word)
        order = given.get("order") or "updated"
        if order not in get_args(TaskOrder) or set(states) - set(get_args(TaskState)):
            raise Invalid("There is no such state or order of tasks.")
        actor = Actor.of(request)
        project_tasks_sync_for(actor=actor, project_id=project_id)
        page = tasks_page(
            actor=actor,
            project_id=project_id,
            states=states,
            assignee=given.get("assignee", ""),
            search=given.get("search", ""),
            order=order,
            cursor=given.get("cursor"),
        )
        return json_answer(page)


class AssignmentsView(APIView):
    """Who does what."""

    @extend_schema(
        operation_id="tasks_assign", request=AssignmentsIn, responses={200: AssignmentsOut}
    )
    def post(self, request: Request, project_id: UUID) -> HttpResponse:
        """Reserve open tasks for a person, or give them back to the queue."""
        body = AssignmentsIn.model_validate_json(request.body)
        made = tasks_assign(
            actor=Actor.of(request),
            project_id=project_id,
            task_ids=body.task_ids,
            user_id=body.user_id,
        )
        return json_answer(made)


class ProgressView(APIView):
    """How a project gets on."""

    @extend_schema(operation_id="project_progress", responses={200: ProgressOut})
    def get(self, request: Request, project_id: UUID) -> HttpResponse:
        """Return states, pace, times, agreement, learning curve, queue and forecast."""
        return json_answer(project_progress(actor=Actor.of(request), project_id=project_id))


class ProjectCountsView(APIView):
    """How many tasks stand where."""

    @extend_schema(operation_id="project_counts_list", responses={200: ProjectCountsList})
    def get(self, request: Request) -> HttpResponse:
        """Return the counts of each project one sees."""
        return json_answer(project_counts(actor=Actor.of(request)))


class HomeView(APIView):
    """The start page."""

    @extend_schema(operation_id="home_get", responses={200: HomeOut})
    def get(self, request: Request) -> HttpResponse:
        """Return one's projects, returned work, and where to go on."""
        return json_answer(home(actor=Actor.of(request)))
