"""What the doors of this room take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.core.domain import JobState
from ml_worker.contract.messages import Window

FrameKey = Annotated[str, Field(pattern=r"^\d+\.\d+$", max_length=40)]


class JobOut(BaseModel):
    """One piece of background work."""

    id: UUID
    kind: str
    queue: str
    state: JobState
    progress: float
    message: str
    error_code: str | None
    error_detail: str | None
    attempt: int
    max_attempts: int
    worker: str | None
    project_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobList(BaseModel):
    """Jobs, newest first."""

    results: list[JobOut]
    next: str | None = None


class SegmentRef(BaseModel):
    """A segment a model speaks."""

    id: int
    name: str


class ModelVersionOut(BaseModel):
    """One set of weights and what is known of it."""

    id: UUID
    model_id: UUID
    name: str
    number: int
    family: str
    status: Literal["preparing", "candidate", "active", "retired", "failed"]
    message: str
    project_id: UUID | None
    metrics: dict[str, Any]
    weights_sha256: str | None
    training_release_id: UUID | None
    parent_id: UUID | None
    created_at: datetime
    activated_at: datetime | None
    config: dict[str, Any]
    segments: list[SegmentRef]


class ModelVersionList(BaseModel):
    """Model versions, newest first."""

    results: list[ModelVersionOut]
    next: str | None = None


class CurvePointOut(BaseModel):
    """One point of a training curve; `dice` is null until the first validation."""

    step: int
    loss: float
    dice: float | None
    at: str


class TrainingRunOut(BaseModel):
    """A training. Its state is its job's: first packing the labels, then learning."""

    id: UUID
    job: JobOut
    state: JobState
    curve: list[CurvePointOut]
    version_id: UUID | None
    release_id: UUID | None
    created_at: datetime


class TrainingRunList(BaseModel):
    """Training runs, newest first."""

    results: list[TrainingRunOut]
    next: str | None = None


class TrainIn(BaseModel):
    """Train on all finished work; whichever bound is met first ends it."""

    model_config = ConfigDict(extra="forbid")

    max_seconds: Annotated[float, Field(gt=0, le=7 * 86_400)] | None = None
    max_steps: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class TrainStarted(BaseModel):
    """The training that was started, or the one that is still at work."""

    run: TrainingRunOut
    job: JobOut


class FeaturesIn(BaseModel):
    """Which frames an interactive model should have looked at, under which window."""

    model_config = ConfigDict(extra="forbid")

    version_id: UUID
    keys: Annotated[list[FrameKey], Field(min_length=1, max_length=64)]
    window: Window | None = None


class FeatureReady(BaseModel):
    """Features of one frame: float16 little-endian, [C, h, w] as the version's config says."""

    key: str
    url: str
    sha256: str


class FeaturesOut(BaseModel):
    """What is there, and the job that makes the rest."""

    ready: list[FeatureReady]
    job: JobOut | None


class InteractiveModel(BaseModel):
    """A model that answers prompts in the browser; `message` says what is missing."""

    version_id: UUID | None
    name: str
    status: str
    config: dict[str, Any]
    decoder_url: str | None
    message: str | None


class LearningPoint(BaseModel):
    """How good a version is on held-out patients, and from how many patients it learned."""

    version: int
    version_id: UUID
    name: str
    patients: int
    n_patients_held_out: int
    dice_mean: float | None
    dice_low: float | None
    dice_high: float | None
    per_segment: dict[str, dict[str, float | int]]
    created_at: datetime


def window_name(window: Window | None) -> str:
    """Return how a window is written in the features' cache key."""
    return "" if window is None else f"{window.center:g}/{window.width:g}"
