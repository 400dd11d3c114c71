"""What the doors of this room give."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from backend.accounts.domain import UserOut


class PartOut(BaseModel):
    """The state of one part of Limn, and a sentence about it."""

    state: Literal["ready", "away"]
    detail: str


class WorkerOut(BaseModel):
    """A model worker that said hello. `is_alive`: within the last minute."""

    name: str
    device: str
    memory_mib: int
    facts: dict[str, Any]
    seen_at: datetime
    is_alive: bool


class StorageOut(BaseModel):
    """Where originals lie, and how much room is left; null where the store does not say."""

    kind: Literal["folder", "s3"]
    free_bytes: int | None
    total_bytes: int | None
    instance_count: int
    instance_bytes: int


class SystemOut(BaseModel):
    """What an administrator looks at."""

    version: str
    is_ready: bool
    parts: dict[str, PartOut]
    workers: list[WorkerOut]
    storage: StorageOut
    jobs: dict[str, int]


class AuditEventOut(BaseModel):
    """One thing somebody did; a null actor is Limn itself."""

    id: int
    at: datetime
    actor: UserOut | None
    verb: str
    target_id: str
    project_id: UUID | None
    details: dict[str, Any]


class AuditList(BaseModel):
    """A page of the audit record, newest first."""

    results: list[AuditEventOut]
    next: str | None
