"""What travels between the editor and the server."""

import math
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue, model_validator

FrameKey = Annotated[str, Field(pattern=r"^[0-9]{1,18}\.[0-9]{1,6}$")]
ShapeKind = Literal["box", "rectangle", "polygon", "polyline", "point", "ellipse", "length"]
Origin = Literal["manual", "prompt", "proposal"]
PointLps = tuple[FiniteFloat, FiniteFloat, FiniteFloat]
PointIj = tuple[FiniteFloat, FiniteFloat]
# Fewest and most points of each kind; None: as many as the hand draws.
POINTS_OF: dict[str, tuple[int, int | None]] = {
    "point": (1, 1),
    "length": (2, 2),
    "box": (2, 8),
    "rectangle": (2, 4),
    "ellipse": (2, 4),
    "polyline": (2, None),
    "polygon": (3, None),
}
MOST_POINTS = 100_000


class Body(BaseModel):
    """A request; unknown fields are ignored, so that the contract can grow."""

    model_config = ConfigDict(frozen=True)


class MaskIn(Body):
    """One mask frame: base64 of limn-rle-1, or null where nothing is left."""

    layer: int = Field(ge=0, le=65535)
    frame: FrameKey
    data: str | None


class ShapeObject(Body):
    """A drawn shape. Points are LPS mm, or pixel (i, j) on frames without a position."""

    id: UUID
    shape_id: str = Field(max_length=60)
    kind: ShapeKind
    frame: FrameKey
    points_mm_lps: list[PointLps] | None = Field(default=None, max_length=MOST_POINTS)
    points_ij: list[PointIj] | None = Field(default=None, max_length=MOST_POINTS)
    attributes: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_points(self) -> Self:
        points = self.points_mm_lps if self.points_mm_lps is not None else self.points_ij
        if points is None:
            raise ValueError("a shape needs points_mm_lps or points_ij")
        least, most = POINTS_OF[self.kind]
        if not least <= len(points) <= (most or math.inf):
            raise ValueError(f"a {self.kind} cannot have {len(points)} points")
        return self


class ObjectChange(Body):
    """A shape as it is now, or null when it was taken away."""

    id: UUID
    value: ShapeObject | None

    @model_validator(mode="after")
    def _check_id(self) -> Self:
        if self.value is not None and self.value.id != self.id:
            raise ValueError("the shape carries another id than its change")
        return self


class EditIn(Body):
    """One finished edit: with what, on which segments and frames, and whose idea it was."""

    tool: str = Field(max_length=40)
    segments: list[Annotated[int, Field(ge=1, le=65535)]] = Field(
        default_factory=list, max_length=1000
    )
    frames: list[FrameKey] = Field(default_factory=list, max_length=20_000)
    origin: Origin
    model_version_id: UUID | None = None
    prompts: list[dict[str, JsonValue]] = Field(default_factory=list, max_length=1000)


class RevisionIn(Body):
    """A save: what changed since revision `base_number`, under an id of its own."""

    request_id: UUID
    base_number: int = Field(ge=0)
    lock_token: UUID
    reason: Literal["autosave"] = "autosave"
    masks: list[MaskIn] = Field(default_factory=list, max_length=20_000)
    objects: list[ObjectChange] = Field(default_factory=list, max_length=10_000)
    answers: dict[str, JsonValue] = Field(default_factory=dict, max_length=1000)
    edits: list[EditIn] = Field(default_factory=list, max_length=2000)
    active_ms: int = Field(default=0, ge=0, le=86_400_000)


class RevisionOut(BaseModel):
    """The save is durable: its number and when."""

    number: int
    saved_at: datetime


class RestoreIn(Body):
    """Go back to the state of revision `number`; the way there stays in the history."""

    number: int = Field(ge=0)
    base_number: int = Field(ge=0)
    lock_token: UUID
    request_id: UUID


class MaskOut(BaseModel):
    """One mask frame: base64 of limn-rle-1."""

    layer: int
    frame: str
    sha256: str
    data: str


class AuthorOut(BaseModel):
    """Who made the latest revision."""

    kind: Literal["person", "model"]
    name: str
    version_id: UUID | None = None


class SegmentOrigin(BaseModel):
    """How a segment's label came about."""

    method: Literal["manual", "semiautomatic", "automatic"]
    model_version_ids: list[str] = Field(default_factory=list)
    prompts: int = 0


class ProvenanceOut(BaseModel):
    """How each segment's label came about, by segment id."""

    segments: dict[str, SegmentOrigin] = Field(default_factory=dict)


class DocumentState(BaseModel):
    """Everything an editor needs to show a document at one revision."""

    id: UUID
    kind: Literal["label", "proposal"]
    head_number: int
    number: int
    state: Literal["draft", "submitted", "accepted"]
    author: AuthorOut | None
    masks: list[MaskOut]
    objects: list[dict[str, Any]]
    answers: dict[str, Any]
    provenance: ProvenanceOut


class RevisionRow(BaseModel):
    """One line of the history."""

    number: int
    at: datetime
    author: AuthorOut | None
    reason: str
    summary: str
    is_restorable: bool


class RevisionRows(BaseModel):
    """The history, newest first; `next` continues it."""

    results: list[RevisionRow]
    next: str | None
