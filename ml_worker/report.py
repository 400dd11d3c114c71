"""A job's line to the backend while it works: progress out, verdicts in.

A thread of its own sends heartbeats, so that a long step does not cost the lease. The handler
calls :meth:`JobReport.progress` now and then; that is where it learns that it should stop.
"""

import logging
import threading
from collections import deque
from types import TracebackType
from typing import Literal, Self

from ml_worker.contract.door import Heartbeat
from ml_worker.contract.messages import CurvePoint
from ml_worker.door import Door, DoorRefused, DoorUnreachable

log = logging.getLogger(__name__)

# When the job is over, points not yet sent are offered this often; the answer carries them too.
LAST_TRIES = 3


class JobCancelled(Exception):
    """Somebody cancelled the job; stop and say so."""


class JobLost(Exception):
    """The job belongs to another attempt now; stop and say nothing."""


class JobReport:
    """Heartbeats of one attempt, from entering to leaving the ``with`` block."""

    def __init__(self, door: Door, job_id: str, attempt: int, every_s: float) -> None:
        self._door = door
        self._job_id = job_id
        self._attempt = attempt
        self._every_s = every_s
        self._done = 0.0
        self._message = ""
        self._points: deque[CurvePoint] = deque()
        self._verdict: Literal["go", "cancelled", "lost"] = "go"
        self._wake = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._wake.set()
        self._thread.join()

    def progress(self, done: float, message: str = "", point: CurvePoint | None = None) -> None:
        """Note how far the job is (0 to 1); raises when it should stop."""
        self._done = min(max(done, 0.0), 1.0)
        self._message = message or self._message
        if point is not None:
            self._points.append(point)
            self._wake.set()
        if self._verdict == "cancelled":
            raise JobCancelled
        if self._verdict == "lost":
            raise JobLost

    def _beat(self) -> None:
        while not self._over.is_set():
            self._send()
            if not self._points:
                self._wake.wait(self._every_s)
                self._wake.clear()
        tries = LAST_TRIES
        while self._points and self._verdict == "go" and tries > 0:
            tries -= not self._send()

    def _send(self) -> bool:
        """Send one heartbeat with the oldest unsent point, and say whether it arrived."""
        point = self._points[0] if self._points else None
        heartbeat = Heartbeat(
            attempt=self._attempt, progress=self._done, message=self._message, point=point
        )
        try:
            self._verdict = self._door.heartbeat(self._job_id, heartbeat).verdict
        except DoorUnreachable as error:
            log.warning("Heartbeat of job %s failed: %s", self._job_id, error)
            self._over.wait(self._every_s)
            return False
        except DoorRefused as error:
            log.warning("Heartbeat of job %s refused: %s", self._job_id, error)
            self._verdict = "lost"
        if point is not None:
            self._points.popleft()
        return True
