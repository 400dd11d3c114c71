"""Pure rules of jobs: which state may follow which, and what a heartbeat learns."""

from typing import Literal

Verdict = Literal["go", "cancelled", "lost"]
JobState = Literal["queued", "sent", "running", "succeeded", "failed", "cancelled", "lost"]

OPEN_STATES: tuple[JobState, ...] = ("queued", "sent", "running")
ENDED_STATES: tuple[JobState, ...] = ("succeeded", "failed", "cancelled", "lost")
RING_AGAIN_AFTER_SECONDS = 15
SWEEP_BATCH = 200
