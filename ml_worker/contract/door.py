"""What travels over the worker's HTTP door, beside requests and answers."""

from typing import Any, Literal

from pydantic import Field

from ml_worker.contract.messages import Answer, CurvePoint, Message

RUN_TASK = "ml_worker.run"
RUN_QUEUE = "ml"


class Claim(Message):
    """POST .../claim: this worker wants the job for ``lease_s`` seconds."""

    worker: str
    lease_s: float = Field(gt=0)


class Claimed(Message):
    """The job is yours; ``attempt`` fences every later write."""

    kind: str
    attempt: int
    request: dict[str, Any]


class Heartbeat(Message):
    """POST .../heartbeat: still at it; ``point`` is a new point of the training curve."""

    attempt: int
    progress: float = Field(ge=0, le=1)
    message: str = ""
    point: CurvePoint | None = None


class Verdict(Message):
    """Go on, or stop because the job was cancelled or is no longer yours."""

    verdict: Literal["go", "cancelled", "lost"]


class AnswerEnvelope(Message):
    """POST .../answer."""

    attempt: int
    answer: Answer


class Greeting(Message):
    """The answer to hello: how long ago a patient was erased, null where none ever was.

    What a worker keeps and has not used since may show that patient, and goes.
    """

    erased_ago_s: float | None = None


class Hello(Message):
    """POST /worker/v1/hello: who is there and what it can do."""

    worker: str
    device: str
    memory_mib: int
    families: tuple[str, ...]
    torch: str
    torchvision: str
