"""The model workers' door: not part of the people's API, and under a secret of its own."""

import hmac
from uuid import UUID

from django.conf import settings
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.inference.services import (
    answer_record,
    worker_claim,
    worker_heartbeat,
    worker_hello,
)
from ml_worker.contract.door import AnswerEnvelope, Claim, Heartbeat, Hello

SCHEME = "Worker "


class WorkerCaller:
    """Whoever holds the workers' token; no person."""

    is_authenticated = True


class WorkerAuthentication(BaseAuthentication):
    """``Authorization: Worker <token>``, compared in constant time."""

    def authenticate(self, request: Request) -> tuple[WorkerCaller, None] | None:
        """Return the worker; anything but the token is refused."""
        header = request.headers.get("Authorization", "")
        if not header.startswith(SCHEME):
            return None
        given = header.removeprefix(SCHEME).strip()
        if not hmac.compare_digest(given.encode(), settings.LIMN_WORKER_TOKEN.encode()):
            raise AuthenticationFailed("This is not the workers' token.")
        return WorkerCaller(), None

    def authenticate_header(self, _request: Request) -> str:
        """Make a missing token a 401."""
        return "Worker"


class WorkerView(APIView):
    """A door for model workers only; left out of the people's OpenAPI document."""

    authentication_classes = [WorkerAuthentication]
    permission_classes = [IsAuthenticated]
    schema = None


class WorkerHelloView(WorkerView):
    """Who is there."""

    def post(self, request: Request) -> Response:
        """Note a worker and what it can do."""
        greeting = worker_hello(hello=Hello.model_validate(request.data))
        return Response(greeting.model_dump(mode="json"))


class WorkerClaimView(WorkerView):
    """A job, claimed."""

    def post(self, request: Request, job_id: UUID) -> Response:
        """Give the job to the first who asks."""
        claim = Claim.model_validate(request.data)
        claimed = worker_claim(job_id=job_id, claim=claim)
        return Response(claimed.model_dump(mode="json"))


class WorkerHeartbeatView(WorkerView):
    """A job, still at work."""

    def post(self, request: Request, job_id: UUID) -> Response:
        """Extend the lease and say whether to go on."""
        heartbeat = Heartbeat.model_validate(request.data)
        verdict = worker_heartbeat(job_id=job_id, heartbeat=heartbeat)
        return Response(verdict.model_dump(mode="json"))


class WorkerAnswerView(WorkerView):
    """A job, answered."""

    def post(self, request: Request, job_id: UUID) -> Response:
        """Keep the answer, once."""
        envelope = AnswerEnvelope.model_validate(request.data)
        answer_record(job_id=job_id, attempt=envelope.attempt, answer=envelope.answer)
        return Response(status=status.HTTP_204_NO_CONTENT)
