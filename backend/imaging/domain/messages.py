"""What travels over the doors of this room."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["stored", "duplicate", "quarantined", "rejected", "waiting", "converted", "kept"]
VoiFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


class Words(BaseModel):
    """Base of the messages here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PatientOut(Words):
    """A patient, as the headers say."""

    id: UUID
    patient_id: str
    name: str
    sex: str
    birth_date: str | None


class GridOut(Words):
    """Frames that belong together; `reason` is a sentence where they form no regular volume."""

    id: UUID
    name: str
    is_regular: bool
    reason: str | None
    shape_kji: tuple[int, int, int]
    spacing_mm_ijk: tuple[float, float, float] | None
    origin_mm_lps: tuple[float, float, float] | None
    direction: list[float] | None
    frame_of_reference_uid: str | None


class TagRefOut(Words):
    """A tag on a study."""

    id: UUID
    name: str
    color: str


class StudyOut(Words):
    """A study in a list."""

    id: UUID
    uid: str
    patient: PatientOut
    date: str | None
    description: str
    accession: str
    modalities: list[str]
    series_count: int
    instance_count: int
    created_at: datetime
    warnings: list[str]
    thumbnail_url: str | None
    sources: list[str]
    tags: list[TagRefOut]


class LinkOut(Words):
    """What an object that is no picture says about a series, or what another says about this one.

    `how`: by identifier, by place (frame of reference and position), or not here. `series_id` is
    the other series, where one may see it.
    """

    kind: str
    how: Literal["identifier", "place", "not_here"]
    series_id: UUID | None
    sentence: str


class SeriesOut(Words):
    """A series of a study; `references` is what it speaks about, `referenced_by` what about it."""

    id: UUID
    uid: str
    number: int | None
    modality: str
    description: str
    body_part: str
    instance_count: int
    frame_count: int
    grids: list[GridOut]
    warnings: list[str]
    references: list[LinkOut]
    referenced_by: list[LinkOut]


class StudyDetailOut(StudyOut):
    """A study with its series. `audience_ids` names the projects it is in, among others."""

    series: list[SeriesOut]
    audience_ids: list[UUID]


class StudyListOut(Words):
    """A page of studies.

    `total` is known on the first page of a search; `is_total_capped` says that there are more.
    """

    results: list[StudyOut]
    next: str | None
    total: int | None = None
    is_total_capped: bool = False


class TableRefOut(Words):
    """A brightness table (VOI LUT) that images bring: it maps `count` shown values from `first` on."""

    name: str
    first: int
    count: int


class TableOut(TableRefOut):
    """A brightness table: `entries` is base64 of unsigned integers of `bits` bits.

    They take one byte each up to 8 bits, else two, little endian; null where they cannot be read.
    """

    bits: int
    entries: str | None


class TableListOut(Words):
    """The brightness tables of a frame, in the order of its image's `voi_tables`."""

    results: list[TableOut]


class ImageOut(Words):
    """How the pixels of some frames are laid out as served (not as once sent)."""

    rows: int
    columns: int
    samples_per_pixel: int
    photometric_interpretation: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    pixel_representation: int
    planar_configuration: int | None
    rescale_slope: float | None
    rescale_intercept: float | None
    rescale_type: str | None
    window_center: list[float]
    window_width: list[float]
    voi_lut_function: str | None
    voi_tables: list[TableRefOut]
    pixel_spacing_mm: tuple[float, float] | None
    pixel_aspect: tuple[float, float] | None
    suv_factor: float | None


class FrameOut(Words):
    """One frame: `key` names it for ever, `image` points into `images`."""

    key: str
    url: str
    image: int
    position_mm_lps: tuple[float, float, float] | None
    orientation: list[float] | None


class FrameTokenOut(Words):
    """What the header `X-Limn-Frames` must say to read the frames of one study."""

    token: str
    expires_at: datetime


class PresetOut(Words):
    """A window that is one key away.

    `table` is a place in an image's `voi_tables`: the picture is seen through that, and the window
    is only where it begins and ends.
    """

    name: str
    center: float
    width: float
    function: VoiFunction = "LINEAR_EXACT"
    table: int | None = None


class SeriesRefOut(Words):
    """The series a grid lies in."""

    id: UUID
    uid: str
    description: str
    number: int | None


class StudyRefOut(Words):
    """The study a grid lies in."""

    id: UUID
    uid: str
    date: str | None
    description: str


class OverlayOut(Words):
    """A picture of one bit on a frame, as a mask in limn-rle-1, base64."""

    group: str
    label: str
    mask: str


class OverlayListOut(Words):
    """The overlays of a frame."""

    results: list[OverlayOut]


class GridView(Words):
    """Everything a viewer needs to show a grid.

    `suv` says, for PET, how values become SUV (times the `suv_factor` of their image), or why not.
    `overlays` are the names of the pictures of one bit that lie on its frames.
    """

    grid: GridOut
    modality: str
    series: SeriesRefOut
    study: StudyRefOut
    images: list[ImageOut]
    frames: list[FrameOut]
    frame_token: FrameTokenOut
    presets: list[PresetOut]
    overlays: list[str]
    suv: str | None
    warnings: list[str]


class IngestRunIn(Words):
    """Opens a delivery."""

    source: Literal["browser"] = "browser"
    label: str = Field(default="", max_length=200)
    policy: str | None = Field(default=None, max_length=60)


class IngestCountsOut(Words):
    """How many files ended how."""

    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    rejected: int = 0
    waiting: int = 0
    converted: int = 0
    kept: int = 0


class IngestItemOut(Words):
    """What became of one file."""

    name: str
    outcome: Outcome
    code: str | None
    reason: str | None
    next_step: str | None
    instance_uid: str | None


class IngestItemListOut(Words):
    """A page of files."""

    results: list[IngestItemOut]
    next: str | None


class UploadIn(Words):
    """Announces a file."""

    run_id: UUID
    name: str = Field(min_length=1, max_length=500)
    size: int = Field(ge=0)


class UploadOut(Words):
    """How much of a file has safely arrived; `outcome` once it was taken in."""

    id: UUID
    offset: int
    state: str
    job_id: UUID | None
    outcome: list[IngestItemOut] | None
