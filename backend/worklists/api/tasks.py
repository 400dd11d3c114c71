"""Doors to one task."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.annotations.services import Lock
from backend.core.actor import Actor
from backend.worklists.api.projects import json_answer
from backend.worklists.domain.messages import (
    HeartbeatIn,
    HeartbeatOut,
    LockOut,
    OpenIn,
    ProblemIn,
    ReleaseIn,
    ReviewIn,
    SkipIn,
    SubmitIn,
    SubmitOut,
    TaskOpen,
    TaskOut,
)
from backend.worklists.selectors import task_describe, task_open_out
from backend.worklists.services import (
    task_heartbeat,
    task_next,
    task_open,
    task_problem,
    task_release,
    task_reopen,
    task_review,
    task_skip,
    task_submit,
)


class TaskView(APIView):
    """One task."""

    @extend_schema(operation_id="task_get", responses={200: TaskOut})
    def get(self, request: Request, task_id: UUID) -> HttpResponse:
        """Return the task."""
        return json_answer(task_describe(actor=Actor.of(request), task_id=task_id))


class OpenView(APIView):
    """Opening a task."""

    @extend_schema(operation_id="task_open", request=OpenIn, responses={200: TaskOpen})
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Return everything to work on the task; without a lock where one may only look."""
        body = OpenIn.model_validate_json(request.body or b"{}")
        actor = Actor.of(request)
        lock = task_open(
            actor=actor, task_id=task_id, lock_token=body.lock_token, take_over=body.take_over
        )
        return json_answer(task_open_out(actor=actor, task_id=task_id, lock=lock))


class HeartbeatView(APIView):
    """Keeping a task."""

    @extend_schema(
        operation_id="task_heartbeat", request=HeartbeatIn, responses={200: HeartbeatOut}
    )
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Extend the lease and count the time worked."""
        body = HeartbeatIn.model_validate_json(request.body)
        lock = task_heartbeat(
            actor=Actor.of(request),
            task_id=task_id,
            lock_token=body.lock_token,
            active_ms=body.active_ms,
        )
        return json_answer(HeartbeatOut(lock=_lock(lock)))


def _lock(lock: Lock) -> LockOut:
    return LockOut(token=lock.token, expires_at=lock.expires_at)


class ReleaseView(APIView):
    """Putting a task down; also by a form, as a browser's farewell beacon sends it."""

    parser_classes = (JSONParser, FormParser)

    @extend_schema(operation_id="task_release", request=ReleaseIn, responses={204: None})
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Give the lock back."""
        sent = request.data if isinstance(request.data, dict) else {}
        body = ReleaseIn.model_validate({"lock_token": sent.get("lock_token")})
        task_release(actor=Actor.of(request), task_id=task_id, lock_token=body.lock_token)
        return HttpResponse(status=204)


class SkipView(APIView):
    """Leaving a task aside."""

    @extend_schema(operation_id="task_skip", request=SkipIn, responses={200: TaskOut})
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Skip the task with a reason."""
        body = SkipIn.model_validate_json(request.body)
        actor = Actor.of(request)
        task_skip(actor=actor, task_id=task_id, lock_token=body.lock_token, reason=body.reason)
        return json_answer(task_describe(actor=actor, task_id=task_id))


class ProblemView(APIView):
    """Something is wrong with a task."""

    @extend_schema(operation_id="task_problem", request=ProblemIn, responses={200: TaskOut})
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Report a problem."""
        body = ProblemIn.model_validate_json(request.body)
        actor = Actor.of(request)
        task_problem(actor=actor, task_id=task_id, lock_token=body.lock_token, text=body.text)
        return json_answer(task_describe(actor=actor, task_id=task_id))


class SubmitView(APIView):
    """Handing in."""

    @extend_schema(operation_id="task_submit", request=SubmitIn, responses={200: SubmitOut})
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Hand in the work; on wish the next task comes in the same answer."""
        body = SubmitIn.model_validate_json(request.body)
        actor = Actor.of(request)
        task_submit(
            actor=actor,
            task_id=task_id,
            lock_token=body.lock_token,
            base_number=body.base_number,
        )
        task = task_describe(actor=actor, task_id=task_id)
        upcoming, reason = None, None
        if body.open_next:
            claim = task_next(actor=actor, project_id=task.project_id)
            reason = claim.reason
            if claim.task_id is not None:
                upcoming = task_open_out(actor=actor, task_id=claim.task_id, lock=claim.lock)
        return json_answer(SubmitOut(task=task, next=upcoming, next_reason=reason))


class ReviewView(APIView):
    """A reviewer's verdict."""

    @extend_schema(operation_id="task_review", request=ReviewIn, responses={200: TaskOut})
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Accept the work, give it back, or correct it oneself."""
        body = ReviewIn.model_validate_json(request.body)
        actor = Actor.of(request)
        task_review(actor=actor, task_id=task_id, verdict=body.verdict, reason=body.reason)
        return json_answer(task_describe(actor=actor, task_id=task_id))


class ReopenView(APIView):
    """Opening a task again."""

    @extend_schema(operation_id="task_reopen", request=None, responses={200: TaskOut})
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Take handed-in work back."""
        actor = Actor.of(request)
        task_reopen(actor=actor, task_id=task_id)
        return json_answer(task_describe(actor=actor, task_id=task_id))
