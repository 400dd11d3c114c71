"""What travels between a worklist, a manager's page and the server."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.accounts.domain import UserOut
from backend.annotations.domain import DocumentState
from backend.imaging.domain.messages import GridView
from backend.inference.domain.messages import InteractiveModel, LearningPoint
from backend.projects.domain import SchemaOut

TaskState = Literal[
    "todo",
    "in_progress",
    "submitted",
    "in_review",
    "accepted",
    "returned",
    "skipped",
    "problem",
]
TaskOrder = Literal["updated", "priority", "number"]


class Body(BaseModel):
    """A request; unknown fields are ignored, so that the contract can grow."""

    model_config = ConfigDict(frozen=True)


class NextIn(Body):
    """Ask for the next task; `peek` takes a short lease on it without starting it.

    With the purpose "review" it is the work that has waited longest for a reviewer.
    """

    peek: bool = False
    purpose: Literal["annotate", "review"] = "annotate"


class AssignmentsIn(Body):
    """Tasks to reserve for a person, or with null to give back to the queue."""

    task_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000)]
    user_id: UUID | None


class OpenIn(Body):
    """Open a task; `lock_token` is that of this same tab before a reload."""

    lock_token: UUID | None = None
    take_over: bool = False


class ReleaseIn(Body):
    """Put the task down."""

    lock_token: UUID


class HeartbeatIn(Body):
    """Still here; `active_ms` is the time worked since the last heartbeat."""

    lock_token: UUID
    active_ms: int = Field(default=0, ge=0)


class SkipIn(Body):
    """Leave the task aside, and say why."""

    lock_token: UUID
    reason: str = Field(default="", max_length=500)


class ProblemIn(Body):
    """Tell the manager that something is wrong with the task."""

    lock_token: UUID
    text: str = Field(min_length=1, max_length=1000)


class SubmitIn(Body):
    """Hand in the work as it is at revision `base_number`."""

    lock_token: UUID
    base_number: int = Field(ge=0)
    open_next: bool = True


class ReviewIn(Body):
    """A reviewer's verdict; a return says why.

    After "fix" the reviewer opens the task, corrects it, and submitting accepts it.
    """

    verdict: Literal["accept", "return", "fix"]
    reason: str = Field(default="", max_length=1000)


class WhyOut(BaseModel):
    """Why this case now: a sentence, and where to look. Slices count from 1."""

    sentence: str
    segment: int | None = None
    first: int | None = None
    last: int | None = None
    model: str | None = None
    score: float | None = None


class TaskOut(BaseModel):
    """One task; `label` names no patient."""

    id: UUID
    project_id: UUID
    unit_id: UUID
    grid_id: UUID
    number: int
    label: str
    state: TaskState
    priority: float
    why: WhyOut | None
    assignee: UserOut | None
    is_reserved: bool
    reviewer: UserOut | None
    holder: UserOut | None
    lease_until: datetime | None
    updated_at: datetime
    submitted_at: datetime | None
    active_seconds: int
    agreement: dict[str, float] | None
    returned_reason: str | None
    skip_reason: str | None
    problem_text: str | None
    thumbnail_url: str


class LeftOut(BaseModel):
    """A task that was not assigned, and why."""

    task_id: UUID
    reason: str


class AssignmentsOut(BaseModel):
    """How many tasks were assigned, and which were left as they are."""

    assigned: int
    left: list[LeftOut]


class TaskListOut(BaseModel):
    """A page of tasks."""

    results: list[TaskOut]
    next: str | None


class ProjectRef(BaseModel):
    """The project a task belongs to."""

    id: UUID
    name: str
    instructions: str


class LockOut(BaseModel):
    """The right to save until somebody may take over."""

    token: UUID
    expires_at: datetime


class HeartbeatOut(BaseModel):
    """The lock as it stands now."""

    lock: LockOut


class PositionOut(BaseModel):
    """Which case of how many."""

    index: int
    total: int


class TaskOpen(BaseModel):
    """Everything to start working at once. `lock` is null where there is only looking."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    task: TaskOut
    project: ProjectRef
    schema_version: SchemaOut = Field(alias="schema")
    view: GridView
    document: DocumentState
    proposal: DocumentState | None
    lock: LockOut | None
    interactive_models: list[InteractiveModel]
    position: PositionOut


class NextOut(BaseModel):
    """The next task, or a sentence why there is none."""

    task_open: TaskOpen | None
    reason: str | None
    code: str | None


class SubmitOut(BaseModel):
    """The work is in; and what comes next, if it was asked for."""

    task: TaskOut
    next: TaskOpen | None
    next_reason: str | None


class CountsOut(BaseModel):
    """How many tasks stand where."""

    todo: int = 0
    in_progress: int = 0
    submitted: int = 0
    in_review: int = 0
    accepted: int = 0
    returned: int = 0
    skipped: int = 0
    problem: int = 0


class ProjectCountsOut(BaseModel):
    """The counts of one project."""

    project_id: UUID
    counts: CountsOut


class ProjectCountsList(BaseModel):
    """The counts of every project one sees."""

    results: list[ProjectCountsOut]
    next: str | None = None


class HomeProject(BaseModel):
    """A project on the start page; `review_count` is what waits for this person's review."""

    id: UUID
    name: str
    role: str | None
    open_count: int
    review_count: int


class NextHint(BaseModel):
    """Where to go on."""

    project_id: UUID
    task: TaskOut
    why: WhyOut | None


class TodayOut(BaseModel):
    """What one has done today."""

    submitted: int
    median_seconds: float | None


class HomeOut(BaseModel):
    """The start page."""

    projects: list[HomeProject]
    next_hint: NextHint | None
    today: TodayOut
    returned: list[TaskOut]
    recent: list[TaskOut]


class DayCount(BaseModel):
    """What a person handed in on a day."""

    day: date
    user: str
    count: int


class UserTime(BaseModel):
    """How long a person works on a task."""

    user: str
    n: int
    median_s: float
    p90_s: float


class TimePerTask(BaseModel):
    """Time with hands on the task, not wall time."""

    median_s: float | None
    p90_s: float | None
    per_user: list[UserTime]


class SegmentAgreement(BaseModel):
    """How well proposals fit what was handed in."""

    segment_id: int
    name: str
    n: int
    dice_mean: float


class ForecastOut(BaseModel):
    """When the work will be done at the pace so far, and between which days it likely is."""

    day: date
    low: date
    high: date


class ProgressOut(BaseModel):
    """A manager's page."""

    states: CountsOut
    total: int
    throughput: list[DayCount]
    time_per_task: TimePerTask
    agreement: list[SegmentAgreement]
    learning_curve: list[LearningPoint]
    queue_next: list[TaskOut]
    forecast: ForecastOut | None
