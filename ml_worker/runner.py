"""Run one job from claim to answer.

The row in the backend is the truth. This process may be told about a job twice, late or for
nothing; it may die at any line. The claim and the attempt number make all of that harmless.
"""

import gc
import logging
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from ml_worker.contract.door import AnswerEnvelope, Claim, Claimed
from ml_worker.contract.messages import (
    Failed,
    FailureCode,
    FeaturesAnswer,
    Message,
    PredictAnswer,
    PrepareModelAnswer,
    TrainAnswer,
    request_adapter,
)
from ml_worker.decoding import ImageUnreadable
from ml_worker.door import Door, DoorRefused, DoorUnreachable
from ml_worker.failures import JobFailed
from ml_worker.report import JobCancelled, JobLost, JobReport

log = logging.getLogger(__name__)

AnyAnswer = TrainAnswer | PredictAnswer | FeaturesAnswer | PrepareModelAnswer | Failed
Result = TypeVar("Result")
# A handler gets its own kind of request, which only the table below knows.
Handler = Callable[[Any, JobReport], AnyAnswer]

CLAIM_TRIES = 6
# An answer is worth waiting for: with these waits it is offered for about ten minutes.
ANSWER_TRIES = 25
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0

OUT_OF_MEMORY = (
    "The worker ran out of memory. Choose a smaller patch or batch in the training settings, "
    "or send fewer slices at once."
)
STUMBLED = (
    "The worker stumbled over this job; its log has the details. Retry, or tell the operator."
)
NOT_UNDERSTOOD = "The worker does not understand this request; web and worker differ in version."


@dataclass(frozen=True)
class Runner:
    """What every job of this process shares."""

    door: Door
    handlers: Mapping[str, Handler]
    name: str
    lease_s: float
    heartbeat_s: float
    sleep: Callable[[float], None] = time.sleep
    out_of_memory: Callable[[], None] = lambda: None

    def run(self, job_id: str) -> str:
        """Run the job if it is to be had; returns what became of it, for the log."""
        claim = Claim(worker=self.name, lease_s=self.lease_s)
        try:
            claimed = self._try_again(lambda: self.door.claim(job_id, claim), CLAIM_TRIES)
        except (DoorUnreachable, DoorRefused) as error:
            log.warning("Job %s could not be claimed and stays queued: %s", job_id, error)
            return "unclaimed"
        if claimed is None:
            return "not ours"
        try:
            answer = self._work(job_id, claimed)
        except JobLost:
            log.info("Job %s went to another attempt.", job_id)
            return "lost"
        finally:
            free_memory()
        return self._hand_in(job_id, claimed.attempt, answer)

    def _work(self, job_id: str, claimed: Claimed) -> AnyAnswer:
        """Answer the request; every failure but a lost job is an answer too."""
        try:
            request = request_adapter.validate_python(claimed.request | {"kind": claimed.kind})
        except ValidationError as error:
            log.error("Job %s is not understood: %s", job_id, error)  # noqa: TRY400
            return Failed(code=FailureCode.WORKER_ERROR, detail=NOT_UNDERSTOOD)
        return self._answer(job_id, request, claimed.attempt)

    def _answer(self, job_id: str, request: Message, attempt: int) -> AnyAnswer:
        kind = str(vars(request)["kind"])
        try:
            with JobReport(self.door, job_id, attempt, self.heartbeat_s) as report:
                return self.handlers[kind](request, report)
        except JobLost:
            raise
        except JobCancelled:
            return Failed(code=FailureCode.CANCELLED, detail="The job was cancelled.")
        except JobFailed as failure:
            return failure.answer
        except ImageUnreadable as error:
            return Failed(code=FailureCode.IMAGE_UNREADABLE, detail=str(error))
        except Exception as error:
            if is_out_of_memory(error):
                self.out_of_memory()
                return Failed(code=FailureCode.OUT_OF_MEMORY, detail=OUT_OF_MEMORY)
            log.exception("Job %s stumbled.", job_id)
            return Failed(code=FailureCode.WORKER_ERROR, detail=STUMBLED)

    def _hand_in(self, job_id: str, attempt: int, answer: AnyAnswer) -> str:
        envelope = AnswerEnvelope(attempt=attempt, answer=answer)
        try:
            taken = self._try_again(lambda: self.door.answer(job_id, envelope), ANSWER_TRIES)
        except (DoorUnreachable, DoorRefused) as error:
            log.warning("The answer of job %s was not taken: %s", job_id, error)
            return "unanswered"
        return answer.kind if taken else "lost"

    def _try_again(self, call: Callable[[], Result], tries: int) -> Result:
        """Call until the door answers, waiting longer each time."""
        wait = FIRST_WAIT_SECONDS
        for _ in range(tries - 1):
            try:
                return call()
            except DoorUnreachable:
                self.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)
        return call()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the processor or the accelerator had no memory left."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "can't allocate memory" in text or "out of memory" in text
    )


def free_memory() -> None:
    """Give back what a job, or the trace of its error, still held."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
