"""The HTTP door to the backend: claim a job, keep it, answer it."""

from types import TracebackType
from typing import Self

import httpx

from ml_worker.contract.door import (
    AnswerEnvelope,
    Claim,
    Claimed,
    Greeting,
    Heartbeat,
    Hello,
    Verdict,
)
from ml_worker.contract.messages import Message

TIMEOUT_SECONDS = 15.0


class DoorUnreachable(ConnectionError):
    """Nobody answers, or the backend stumbles: worth trying again."""


class DoorRefused(RuntimeError):
    """The backend understood and says no: trying again would not help."""


class Door:
    """A connection to the backend under the worker's token."""

    def __init__(self, web_url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"{web_url}/worker/v1",
            headers={"Authorization": f"Worker {token}"},
            timeout=TIMEOUT_SECONDS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def claim(self, job_id: str, claim: Claim) -> Claimed | None:
        """Take the job, or learn by None that it is not to be had."""
        answer = self._post(f"/jobs/{job_id}/claim", claim)
        if answer.status_code in (httpx.codes.CONFLICT, httpx.codes.NOT_FOUND):
            return None
        return Claimed.model_validate_json(_sound(answer).content)

    def heartbeat(self, job_id: str, heartbeat: Heartbeat) -> Verdict:
        """Extend the lease, report, and learn whether to go on."""
        answer = self._post(f"/jobs/{job_id}/heartbeat", heartbeat)
        return Verdict.model_validate_json(_sound(answer).content)

    def answer(self, job_id: str, envelope: AnswerEnvelope) -> bool:
        """Hand in the answer; False when the job was lost meanwhile."""
        answer = self._post(f"/jobs/{job_id}/answer", envelope)
        if answer.status_code == httpx.codes.CONFLICT:
            return False
        _sound(answer)
        return True

    def hello(self, hello: Hello) -> Greeting:
        """Say who is there; return what there is to know."""
        answer = _sound(self._post("/hello", hello))
        return Greeting.model_validate_json(answer.content) if answer.content else Greeting()

    def _post(self, path: str, message: Message) -> httpx.Response:
        try:
            answer = self._client.post(
                path,
                content=message.model_dump_json(),
                headers={"Content-Type": "application/json"},
            )
        except httpx.TransportError as error:
            raise DoorUnreachable(f"The web process does not answer: {error}") from error
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise DoorUnreachable(f"The web process answers {answer.status_code}.")
        return answer


def _sound(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise DoorRefused(f"The web process refuses {answer.url.path}: {answer.status_code}.")
    return answer
