"""What travels over the doors of sources: settings by kind, schedules, results."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from backend.imaging.domain.messages import IngestCountsOut, Words

Kind = Literal["folder", "s3", "dicomweb", "pacs", "receiver"]
RunState = Literal["waiting", "running", "succeeded", "failed", "cancelled"]
_FAULT = "source_settings"
SECRETS: dict[str, tuple[str, ...]] = {
    "folder": (),
    "s3": ("secret_key",),
    "dicomweb": ("password", "token"),
    "pacs": (),
    "receiver": (),
}


def _ae_title(text: str) -> str:
    """Return an AE title without its padding (PS3.5 6.2); others are refused."""
    title = text.strip()
    if not title or len(title) > 16 or "\\" in title or not all(" " <= c <= "~" for c in title):
        raise PydanticCustomError(_FAULT, "An AE title has 1 to 16 plain characters, no backslash")
    return title


def _web_address(text: str) -> str:
    address = text.strip().rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise PydanticCustomError(_FAULT, "The address must begin with http:// or https://")
    return address


def _somebody(titles: list[str]) -> list[str]:
    """Return the titles; a receiver that nobody may call is a mistake."""
    if not titles:
        raise PydanticCustomError(_FAULT, "Name at least one AE title that may call")
    return titles


AeTitle = Annotated[str, AfterValidator(_ae_title)]
Callers = Annotated[list[AeTitle], AfterValidator(_somebody)]
WebAddress = Annotated[str, Field(max_length=400), AfterValidator(_web_address)]


class PullFilter(Words):
    """Which studies of a remote archive are wanted; every part narrows, none means all."""

    modalities: list[str] = Field(default=[], max_length=20)
    last_days: int | None = Field(default=None, ge=1, le=36500)
    patient_id: str = Field(default="", max_length=64)
    description: str = Field(default="", max_length=64)


class FolderSettings(Words):
    """A folder of this machine. A file is taken when its size stood still for a while."""

    kind: Literal["folder"]
    path: str = Field(min_length=1, max_length=1000)
    settle_seconds: int = Field(default=5, ge=1, le=3600)
    moves_done: bool = False


class S3Settings(Words):
    """Objects below a prefix. Without a key the machine's own credentials are used."""

    kind: Literal["s3"]
    bucket: str = Field(min_length=1, max_length=255)
    prefix: str = Field(default="", max_length=1000)
    endpoint: str = Field(default="", max_length=400)
    region: str = Field(default="us-east-1", max_length=40)
    key_id: str = Field(default="", max_length=200)


class DicomwebSettings(Words):
    """A remote DICOMweb server; its secret is a password with a user, or a token."""

    kind: Literal["dicomweb"]
    url: WebAddress
    user: str = Field(default="", max_length=200)
    filter: PullFilter = PullFilter()


class PacsSettings(Words):
    """A remote archive that speaks DIMSE; with `move` it sends to Limn's own receiver."""

    kind: Literal["pacs"]
    host: str = Field(min_length=1, max_length=255)
    port: int = Field(ge=1, le=65535)
    called_ae: AeTitle
    calling_ae: AeTitle = "LIMN"
    retrieve: Literal["get", "move"] = "get"
    filter: PullFilter = PullFilter()


class ReceiverSettings(Words):
    """Who may call Limn, from where (empty: anywhere), and what they may read."""

    kind: Literal["receiver"]
    callers: Callers = Field(max_length=200)
    hosts: list[str] = Field(default=[], max_length=200)
    may_read: Literal["nothing", "sent", "all"] = "nothing"


Settings = Annotated[
    FolderSettings | S3Settings | DicomwebSettings | PacsSettings | ReceiverSettings,
    Field(discriminator="kind"),
]


class Schedule(Words):
    """When a source is looked at by itself: every so many minutes, or daily at HH:MM (UTC)."""

    every_minutes: int | None = Field(default=None, ge=1, le=10080)
    daily_at: str | None = Field(default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.every_minutes is not None and self.daily_at is not None:
            raise PydanticCustomError(_FAULT, "Choose minutes or a time of day, not both")
        return self


class SourceIn(Words):
    """A new source. Secrets are taken and never given back."""

    name: str = Field(min_length=1, max_length=80)
    settings: Settings
    secrets: dict[str, str] = Field(default={}, max_length=4)
    policy: str = Field(default="", max_length=60)
    project_id: UUID | None = None
    schedule: Schedule = Schedule()
    is_enabled: bool = True


class SourcePatch(Words):
    """What of a source changes; a secret left out stays, an empty one is forgotten."""

    name: str | None = Field(default=None, min_length=1, max_length=80)
    settings: Settings | None = None
    secrets: dict[str, str] = Field(default={}, max_length=4)
    policy: str | None = Field(default=None, max_length=60)
    project_id: UUID | None = None
    schedule: Schedule | None = None
    is_enabled: bool | None = None


class SourceTestIn(Words):
    """Settings to try; secrets that are left out are those kept for `source_id`."""

    settings: Settings
    secrets: dict[str, str] = Field(default={}, max_length=4)
    source_id: UUID | None = None


class SourceTestOut(Words):
    """Whether a source answers, in a sentence."""

    is_good: bool
    sentence: str


class SourceRunOut(Words):
    """One look at a source, or one sender's visit."""

    id: UUID
    state: RunState
    trigger: Literal["person", "schedule", "sender"]
    job_id: UUID | None
    progress: float
    message: str
    ingest_run_id: UUID | None
    found: int
    skipped: int
    growing: int
    counts: IngestCountsOut
    problem: str | None
    created_at: datetime
    finished_at: datetime | None


class SourceOut(Words):
    """A source with its last result; of its secrets only whether there is one."""

    id: UUID
    name: str
    settings: Settings
    has_secret: bool
    policy: str
    project_id: UUID | None
    schedule: Schedule
    is_enabled: bool
    next_run_at: datetime | None
    last_run: SourceRunOut | None
    created_at: datetime


class ReceiverOut(Words):
    """How Limn is called over DIMSE."""

    ae_title: str
    port: int


class SourceListOut(Words):
    """All sources, and what this installation allows: folders to watch, its DIMSE door."""

    results: list[SourceOut]
    watch_roots: list[str]
    receiver: ReceiverOut | None


class SourceRunListOut(Words):
    """The latest runs of a source, newest first."""

    results: list[SourceRunOut]
