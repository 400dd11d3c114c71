"""Requests to the worker and its answers.

Messages are frozen, carry references and never pixels, and ignore fields they do not know, so that
fields may be added. A changed meaning is a new ``kind``. Samples in ``fixtures/messages`` must
parse for ever.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Triple = tuple[float, float, float]
Nine = tuple[float, float, float, float, float, float, float, float, float]
Split = Literal["train", "validation", "test"]
Architecture = Literal["vit_b", "vit_l", "vit_h", "limn_tiny"]
Preprocessing = Literal["sam", "medsam"]


class FailureCode(StrEnum):
    """Why a job ended without a result. Readers must accept codes they do not know."""

    MODEL_UNKNOWN = "model_unknown"
    WEIGHTS_MISSING = "weights_missing"
    TOO_FEW_CASES = "too_few_cases"
    IMAGE_UNREADABLE = "image_unreadable"
    OUT_OF_MEMORY = "out_of_memory"
    CANCELLED = "cancelled"
    PROMPT_REJECTED = "prompt_rejected"
    WORKER_ERROR = "worker_error"


class Message(BaseModel):
    """Base of everything that travels between backend and worker."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class BlobRef(Message):
    """Bytes in the blob store, by content."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class FrameRef(Message):
    """One frame: its key, the DICOM instance it lies in, and its number there, from 1."""

    key: str
    blob: BlobRef
    frame: int = Field(ge=1)


class VolumeRef(Message):
    """Frames of one grid in grid order. Geometry is null where no affine describes them."""

    grid_id: str
    frames: tuple[FrameRef, ...] = Field(min_length=1)
    rows: int = Field(ge=1)
    columns: int = Field(ge=1)
    origin_mm_lps: Triple | None
    spacing_mm_ijk: Triple | None
    direction: Nine | None
    modality: str
    regular: bool


class SegmentSpec(Message):
    """A segment of the label schema; its id is the value in masks."""

    id: int = Field(ge=1, le=0xFFFF)
    name: str


class TrainSettings(Message):
    """Bounds and knobs of a training run; whatever bound is met first ends it.

    ``patch`` is the side of the square training crop in pixels at the training spacing.
    ``patience`` counts validations without a better Dice.
    """

    max_seconds: float = Field(default=600.0, gt=0)
    max_steps: int = Field(default=1500, ge=1)
    patience: int = Field(default=5, ge=1)
    seed: int = 1
    patch: int = Field(default=128, ge=32, multiple_of=16)
    batch_size: int = Field(default=6, ge=1)
    learning_rate: float = Field(default=4e-3, gt=0)
    validate_every: int = Field(default=100, ge=1)


class TrainItem(Message):
    """One labelled unit; ``labels`` is a label pack (see ``contract.masks``)."""

    unit_id: str
    patient: str
    split: Split
    volume: VolumeRef
    labels: BlobRef


class TrainRequest(Message):
    """Train a segmentation network on labelled units."""

    kind: Literal["train"] = "train"
    job_id: str
    project_id: str
    schema_number: int
    segments: tuple[SegmentSpec, ...] = Field(min_length=1)
    items: tuple[TrainItem, ...]
    parent_weights: BlobRef | None = None
    settings: TrainSettings = TrainSettings()


class SegmentMetrics(Message):
    """Dice of one segment over ``n`` held-out volumes with its 95 % bootstrap interval."""

    dice_mean: float
    dice_low: float
    dice_high: float
    n: int


class TrainMetrics(Message):
    """Quality on held-out patients; null where no held-out patient shows any segment."""

    per_segment: dict[int, SegmentMetrics]
    mean_dice: float | None
    n_patients_held_out: int


class CurvePoint(Message):
    """One point of the training curve; ``dice`` is null until the first validation."""

    step: int
    loss: float
    dice: float | None
    at: str


class TrainAnswer(Message):
    """A trained network and how good it is."""

    kind: Literal["trained"] = "trained"
    weights: BlobRef
    config: dict[str, Any]
    metrics: TrainMetrics
    curve: tuple[CurvePoint, ...]
    seconds: float


class PredictItem(Message):
    """One unit to predict."""

    unit_id: str
    volume: VolumeRef


class PredictRequest(Message):
    """Segment volumes with a model version and, if asked, score what they would teach."""

    kind: Literal["predict"] = "predict"
    job_id: str
    version_id: str
    weights: BlobRef
    config: dict[str, Any]
    segments: tuple[SegmentSpec, ...]
    volumes: tuple[PredictItem, ...]
    score: bool = True


class SegmentScore(Message):
    """Where a segment is unsure: slices ``first_k`` to ``last_k`` (from 0) and their frame keys."""

    uncertainty: float
    first_k: int
    last_k: int
    frames: tuple[str, ...]


class Score(Message):
    """What a unit would teach. Uncertainty is from 0 (sure) to 1."""

    uncertainty: float
    foreground_fraction: float
    per_segment: dict[int, SegmentScore]
    per_frame: dict[str, float]
    features: tuple[float, ...]


class PredictResult(Message):
    """A prediction for one unit, or the sentence why there is none."""

    unit_id: str
    masks: BlobRef | None
    score: Score | None = None
    error: str | None = None


class PredictAnswer(Message):
    """Predictions of one model version."""

    kind: Literal["predicted"] = "predicted"
    version_id: str
    weights_sha256: str
    results: tuple[PredictResult, ...]


class Window(Message):
    """A VOI window in modality units."""

    center: float
    width: float = Field(gt=0)


class FeaturesRequest(Message):
    """Embed frames with an interactive model; null window means the worker's own."""

    kind: Literal["features"] = "features"
    job_id: str
    version_id: str
    weights: BlobRef
    config: dict[str, Any] = Field(default_factory=dict)
    volume: VolumeRef
    keys: tuple[str, ...] = Field(min_length=1)
    window: Window | None = None


class FeatureItem(Message):
    """Features of one frame: float16 little-endian, C order, [C, h, w]."""

    key: str
    blob: BlobRef


class FeaturesAnswer(Message):
    """Features of the frames asked for."""

    kind: Literal["features_ready"] = "features_ready"
    items: tuple[FeatureItem, ...]


class PrepareModelRequest(Message):
    """Check an interactive checkpoint and export its decoder for the browser."""

    kind: Literal["prepare_model"] = "prepare_model"
    job_id: str
    version_id: str
    checkpoint: BlobRef
    architecture: Architecture
    preprocessing: Preprocessing


class InteractiveConfig(Message):
    """What the browser and a later features request must know of an interactive model."""

    image_size: int
    embedding_shape: tuple[int, int, int]
    preprocessing: Preprocessing
    architecture: Architecture


class PrepareModelAnswer(Message):
    """An interactive model that loads, with its decoder as ONNX."""

    kind: Literal["model_prepared"] = "model_prepared"
    weights_sha256: str
    decoder: BlobRef
    config: InteractiveConfig


class Failed(Message):
    """An expected failure; ``detail`` is a sentence for people."""

    kind: Literal["failed"] = "failed"
    code: str
    detail: str


Request = Annotated[
    TrainRequest | PredictRequest | FeaturesRequest | PrepareModelRequest,
    Field(discriminator="kind"),
]
Answer = Annotated[
    TrainAnswer | PredictAnswer | FeaturesAnswer | PrepareModelAnswer | Failed,
    Field(discriminator="kind"),
]

request_adapter: TypeAdapter[
    TrainRequest | PredictRequest | FeaturesRequest | PrepareModelRequest
] = TypeAdapter(Request)
answer_adapter: TypeAdapter[
    TrainAnswer | PredictAnswer | FeaturesAnswer | PrepareModelAnswer | Failed
] = TypeAdapter(Answer)
