"""What travels over the doors of de-identification and quarantine."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from backend.imaging.domain.messages import Words


class PolicyIn(Words):
    """The next version of a policy. Scopes are `source:<name>` and `project:<id>`."""

    document: dict[str, Any]
    scopes: list[str] = Field(default=[], max_length=200)


class PolicyOut(Words):
    """A version of a policy."""

    name: str
    title: str
    version: int
    digest: str
    scopes: list[str]
    document: dict[str, Any]


class PolicyVersionOut(PolicyOut):
    """A version of a policy, and when it was made; presets were there from the beginning."""

    created_at: datetime | None


class PolicyVersionListOut(Words):
    """Every version of one policy, the newest first."""

    results: list[PolicyVersionOut]


class PolicyListOut(Words):
    """The newest version of every policy."""

    results: list[PolicyOut]


class RunReportOut(Words):
    """What was done to the attributes of a delivery: counts by what was done and by attribute."""

    policy: str
    digest: str
    files: int
    done: dict[str, dict[str, int]]


class QuarantinedOut(Words):
    """A file that waits for a person; boxes are top, left, bottom, right in pixels.

    `reason` is a sentence, `reason_code` what one filters by; `policy` is that of the delivery.
    """

    id: UUID
    run_id: UUID
    name: str
    state: Literal["waiting", "redacted", "released", "kept_both", "discarded"]
    reason: str
    choices: list[Literal["redact", "release", "keep_both", "discard"]]
    reason_code: str
    run_label: str
    policy: str | None
    size: int
    boxes: list[tuple[int, int, int, int]]
    known_boxes: list[tuple[int, int, int, int]]
    rows: int
    columns: int
    frame_count: int
    picture_url: str | None
    created_at: datetime
    decided_at: datetime | None


class DifferenceOut(Words):
    """An attribute that is not the same in the stored file and in this one."""

    tag: str
    name: str
    stored: str
    sent: str


class ComparisonOut(Words):
    """How a file differs from the stored one whose identifier it carries.

    `pixels` counts over the frames that were compared; it is null where they cannot be.
    """

    study_id: UUID | None
    stored_at: datetime | None
    differences: list[DifferenceOut]
    pixels: dict[str, float] | None
    sentence: str


class QuarantineListOut(Words):
    """A page of files in quarantine."""

    results: list[QuarantinedOut]
    next: str | None
    total: int
    by_reason: dict[str, int]


class QuarantineDecisionIn(Words):
    """What a person decides. `boxes` are those to blank; none means those that were found.

    With `whole_run` it holds for all files of the delivery that wait for the same reason.
    """

    decision: Literal["redact", "release", "keep_both", "discard"]
    whole_run: bool = False
    boxes: list[tuple[int, int, int, int]] | None = Field(default=None, max_length=500)


class PseudonymIn(Words):
    """Whose identity is asked for, and why; the question is recorded."""

    pseudonym: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=3, max_length=200)


class IdentityOut(Words):
    """Who a pseudonym is."""

    patient_id: str
    issuer: str
    name: str
    birth_date: str
