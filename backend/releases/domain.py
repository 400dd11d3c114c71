"""Pure rules of releases: who goes into which split, and what the checksum covers.

A split is drawn by patient, never by image: all items of a patient stand in one split, so that
what is measured was never learned from. Both ways of drawing depend on the patient's own hash and
not on the order of anything, so the same people always fall the same way.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Split = Literal["train", "validation", "test"]
Work = Literal["accepted", "submitted"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
MANIFEST_FORMAT = "limn-release-1"

# A training run holds out about a quarter of the patients, never more than two of five.
HELD_OUT_SHARE = 0.25
HELD_OUT_AT_MOST = 0.4
VALIDATION_SHARE = 0.15


class SplitSpec(BaseModel):
    """Weights of the three splits, and the seed that shuffles the patients."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: Annotated[float, Field(ge=0, le=1000)] = 0.7
    validation: Annotated[float, Field(ge=0, le=1000)] = 0.15
    test: Annotated[float, Field(ge=0, le=1000)] = 0.15
    seed: Annotated[int, Field(ge=0, le=2**53)] = 1

    @model_validator(mode="after")
    def _weighs_something(self) -> Self:
        if self.train + self.validation + self.test <= 0:
            raise ValueError("at least one split needs a share above zero")
        return self


class ReleaseIn(BaseModel):
    """What to release. Without `work`: accepted work where there is any, else submitted work."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=160)] = ""
    split: SplitSpec = SplitSpec()
    work: Work | None = None


class SegmentCount(BaseModel):
    """In how many items a segment was drawn, and how large it is in all (null: no geometry)."""

    id: int
    name: str
    count: int
    ml: float | None


class Labeller(BaseModel):
    """A person whose work is in a release."""

    id: UUID
    name: str


class ReleaseSummary(BaseModel):
    """What a release holds, counted once when it is frozen."""

    work: Work
    item_count: int
    patient_count: int
    splits: dict[Split, dict[Literal["items", "patients"], int]]
    segments: list[SegmentCount]
    labelled_by: list[Labeller]
    agreement: dict[int, float]


class ReleaseOut(ReleaseSummary):
    """A release as its datasheet shows it. `agreement` is the mean Dice with the proposals."""

    id: UUID
    project_id: UUID
    number: int
    name: str
    purpose: Literal["dataset", "training"]
    state: Literal["frozen"] = "frozen"
    checksum: str
    created_at: datetime
    created_by: Labeller | None
    manifest_url: str


class ReleaseList(BaseModel):
    """Releases, newest first."""

    results: list[ReleaseOut]
    next: str | None = None


def split_by_seed(patients: Iterable[str], spec: SplitSpec) -> dict[str, Split]:
    """Draw each patient's split by weight; the counts are as near the weights as can be."""
    order = sorted(set(patients), key=lambda patient: _hash01(f"{spec.seed}:{patient}"))
    weights = {"train": spec.train, "validation": spec.validation, "test": spec.test}
    counts = _apportion(len(order), [weights[split] for split in SPLITS])
    labels: list[Split] = []
    for split, count in zip(SPLITS, counts, strict=True):
        labels.extend(split for _ in range(count))
    return dict(zip(order, labels, strict=True))


def split_held_out(patients: Iterable[str], *, project: str) -> dict[str, Split]:
    """Split for training: who is held out is written in the patient's hash, for good.

    A patient whose hash lies in the lowest quarter is held out in every training of the project,
    however many patients join, so that the versions are measured on the same people. Small
    projects hold out at least one patient and keep at least one to learn from.
    """
    share = {patient: _hash01(f"{project}:{patient}") for patient in set(patients)}
    order = sorted(share, key=lambda patient: share[patient])
    most = max(1, int(HELD_OUT_AT_MOST * len(order)))
    held_out = min(max(1, sum(value < HELD_OUT_SHARE for value in share.values())), most)
    rest = len(order) - held_out
    validation = min(round(VALIDATION_SHARE * len(order)) or 1, rest - 1) if rest > 1 else 0
    tests: list[Split] = ["test"] * held_out
    validations: list[Split] = ["validation"] * validation
    trains: list[Split] = ["train"] * (rest - validation)
    return dict(zip(order, tests + validations + trains, strict=True))


def canonical(value: Any) -> str:  # noqa: ANN401  any JSON value
    """Return the one JSON text of a value: sorted keys, no spaces, UTF-8 as it is."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def manifest_pieces(head: dict[str, Any], records: Iterable[str]) -> Iterator[bytes]:
    """Yield the canonical JSON of ``{**head, "items": [records]}`` piece by piece.

    Each record is canonical JSON already; memory stays flat however many there are.
    """
    mark = '"items":[]'
    before, after = canonical({**head, "items": []}).split(mark)
    yield f'{before}"items":['.encode()
    comma = ""
    for record in records:
        yield f"{comma}{record}".encode()
        comma = ","
    yield f"]{after}".encode()


def manifest_checksum(head: dict[str, Any], records: Iterable[str]) -> str:
    """Return the SHA-256 of the manifest's bytes: what `sha256sum` says of the downloaded file."""
    digest = hashlib.sha256()
    for piece in manifest_pieces(head, records):
        digest.update(piece)
    return digest.hexdigest()


def _hash01(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def _apportion(total: int, weights: list[float]) -> list[int]:
    """Share `total` by largest remainder; a weight above zero gets one as long as there are any."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    counts = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda n: counts[n] - exact[n])
    for n in by_remainder[: total - sum(counts)]:
        counts[n] += 1
    for n, weight in enumerate(weights):
        richest = max(range(len(counts)), key=lambda m: counts[m])
        if weight > 0 and counts[n] == 0 and counts[richest] > 1:
            counts[n], counts[richest] = 1, counts[richest] - 1
    return counts
