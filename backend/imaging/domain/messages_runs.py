"""What travels over the doors of deliveries that are read again, retried or undone."""

from datetime import datetime
from uuid import UUID

from backend.imaging.domain.messages import IngestCountsOut, Words


class IngestRunOut(Words):
    """A delivery of files; `can_retry` says that some failed for a reason outside of them."""

    id: UUID
    source: str
    label: str
    state: str
    counts: IngestCountsOut
    policy: str | None
    items_url: str
    created_at: datetime
    finished_at: datetime | None
    can_retry: bool
    undone_at: datetime | None


class IngestRunListOut(Words):
    """A page of deliveries."""

    results: list[IngestRunOut]
    next: str | None


class RunRetryOut(Words):
    """What a retry begins: how many files are tried again, how many are no longer here."""

    run: IngestRunOut
    retried: int
    gone: int
    sentence: str


class KeptSeriesOut(Words):
    """A series that undoing left in place, and why."""

    study_uid: str
    series_uid: str
    files: int
    code: str
    reason: str


class RunUndoOut(Words):
    """What undoing a delivery took out, and what it kept."""

    run: IngestRunOut
    removed_files: int
    removed_studies: int
    discarded: int
    kept: list[KeptSeriesOut]
    sentence: str
