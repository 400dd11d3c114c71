"""What the doors of exports take and give."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from backend.core.domain import JobState
from backend.inference.domain.messages import JobOut

ExportFormat = Literal["dicom-seg", "nifti", "coco"]
# A proof lists this many files; the archive itself lists all.
FILES_SHOWN = 500


class ExportIn(BaseModel):
    """In which format to write the release."""

    model_config = ConfigDict(extra="forbid")

    format: ExportFormat


class FileOut(BaseModel):
    """A file that was read back, and how many of its voxels were compared and equal."""

    name: str
    voxels: int
    equal: int


class LeftOut(BaseModel):
    """An item the format cannot say, and why."""

    name: str
    reason: str


class Proof(BaseModel):
    """What reading the export back found; `checked` and `equal` count voxels."""

    checked: int
    equal: int
    file_count: int
    files: list[FileOut]
    left_out: list[LeftOut]
    remarks: list[str]


class ExportOut(BaseModel):
    """An export. It can be downloaded once its proof holds."""

    id: UUID
    release_id: UUID
    project_id: UUID
    format: ExportFormat
    state: JobState
    job: JobOut
    proof: Proof | None
    size: int | None
    sha256: str | None
    download_url: str | None
    command: str | None
    created_at: datetime


class ExportList(BaseModel):
    """Exports of a release, newest first."""

    results: list[ExportOut]
    next: str | None = None


class ExportStarted(BaseModel):
    """The export and the job that writes it."""

    export: ExportOut
    job: JobOut
