"""One item of a release as the writers see it: frames, masks, geometry; no tables, no patients."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.contract.masks import MaskRuns, parse_mask
from ml_worker.geometry.voxel_grid import VoxelGrid

Labels = NDArray[np.uint16]
Method = str  # manual, semiautomatic or automatic


class ItemRefused(ValueError):
    """This item cannot be said in this format; the message is a sentence for people."""


class ProofFailed(ValueError):
    """What was read back differs from what should have been written; `name` is the file."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail


@dataclass(frozen=True)
class FileProof:
    """A file that was read back: how many voxels were compared and how many were equal."""

    name: str
    voxels: int
    equal: int


@dataclass(frozen=True)
class SegmentInfo:
    """A segment of the schema; `code` is (scheme, value, meaning)."""

    id: int
    name: str
    color: str
    code: tuple[str, str, str] | None
    overlap: bool

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "SegmentInfo":
        """Read a segment of a schema document."""
        code = document.get("code")
        triple = (code["scheme"], code["value"], code["meaning"]) if code else None
        return cls(
            document["id"], document["name"], document["color"], triple, bool(document["overlap"])
        )

    @property
    def layer(self) -> int:
        """The mask layer it lies on: one of its own if it may overlap others."""
        return self.id if self.overlap else 0


@dataclass(frozen=True)
class Frame:
    """One frame: its key, the instance it lies in, and its number there, from 1."""

    key: str
    sop_uid: str
    number: int
    blob_sha256: str
    position_mm_lps: tuple[float, float, float] | None


@dataclass(frozen=True)
class Item:
    """One labelled grid. `masks` maps (layer, frame key) to limn-rle-1 bytes."""

    name: str
    record: Mapping[str, Any]
    frames: tuple[Frame, ...]
    masks: Mapping[tuple[int, str], bytes]

    @classmethod
    def of(cls, record: Mapping[str, Any], masks: Mapping[str, bytes]) -> "Item":
        """Read a record of the manifest; `masks` holds the bytes by hash."""
        frames = tuple(
            Frame(
                frame["key"],
                frame["sop_uid"],
                frame["frame"],
                frame["sha256"],
                tuple(frame["position_mm_lps"]) if frame["position_mm_lps"] else None,
            )
            for frame in record["frames"]
        )
        drawn = {(mask["layer"], mask["frame"]): masks[mask["sha256"]] for mask in record["masks"]}
        return cls(item_name(record), record, frames, drawn)

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        grid = self.record["grid"]
        return (len(self.frames), grid["rows"], grid["columns"])

    @cached_property
    def places(self) -> dict[str, int]:
        """The place k of each frame key in the grid."""
        return {frame.key: k for k, frame in enumerate(self.frames)}

    @property
    def layers(self) -> list[int]:
        """The layers on which anything is drawn, in order."""
        return sorted({layer for layer, _ in self.masks})

    @property
    def lattice(self) -> VoxelGrid | None:
        """The grid's affine, or None where no affine describes all frames."""
        grid = self.record["grid"]
        if None in (grid["origin_mm_lps"], grid["spacing_mm_ijk"], grid["direction"]):
            return None
        return VoxelGrid.build(
            grid["origin_mm_lps"], grid["spacing_mm_ijk"], grid["direction"], self.shape_kji
        )

    @cached_property
    def runs(self) -> dict[tuple[int, str], MaskRuns]:
        """The masks as runs, by layer and frame key; small, however large the frames are."""
        shape = self.shape_kji[1:]
        return {place: parse_mask(data, shape=shape) for place, data in self.masks.items()}

    def plane_ji(self, layer: int, key: str, segment: int) -> NDArray[np.bool_]:
        """Return where one segment lies on one frame [rows, columns]."""
        _, rows, columns = self.shape_kji
        runs = self.runs.get((layer, key))
        if runs is None:
            return np.zeros((rows, columns), np.bool_)
        return np.repeat(runs.values == segment, runs.lengths).reshape(rows, columns)

    def mask_ji(self, layer: int, key: str) -> Labels:
        """Return the labels of one layer on one frame [rows, columns]."""
        _, rows, columns = self.shape_kji
        runs = self.runs.get((layer, key))
        return np.zeros((rows, columns), np.uint16) if runs is None else runs.paint()

    def segments_on(self, layer: int, key: str) -> Labels:
        """Return the ids of the segments that lie on one frame of a layer, in order."""
        runs = self.runs.get((layer, key))
        found = np.unique(runs.values[runs.lengths > 0]) if runs is not None else np.zeros(0)
        return found[found > 0].astype(np.uint16)

    def labels_kji(self, layer: int) -> Labels:
        """Return the labels of one layer on the whole grid."""
        labels = np.zeros(self.shape_kji, np.uint16)
        for drawn, key in self.masks:
            if drawn == layer:
                labels[self.places[key]] = self.mask_ji(layer, key)
        return labels

    def origin_of(self, segment: int) -> Mapping[str, Any]:
        """Return how a segment's labels came about."""
        known: Mapping[str, Any] = self.record["provenance"].get("segments", {})
        manual = {"method": "manual", "model_version_ids": [], "prompts": 0}
        found: Mapping[str, Any] = known.get(str(segment), manual)
        return found


def item_name(record: Mapping[str, Any]) -> str:
    """Return the item's name in files: free of patients, e.g. ``case-0014-ct``."""
    number = record["unit_number"]
    case = f"case-{number:04d}" if number else f"case-{record['document'][:8]}"
    modality = re.sub(r"[^a-z0-9]", "", record["modality"].lower())
    return f"{case}-{modality}" if modality else case


def count_equal(name: str, wanted: NDArray[np.generic], found: NDArray[np.generic]) -> FileProof:
    """Compare two arrays voxel by voxel; raises ProofFailed at the first that differs."""
    if wanted.shape != found.shape:
        raise ProofFailed(name, f"it holds {found.shape} voxels instead of {wanted.shape}")
    equal = int(np.count_nonzero(wanted == found))
    if equal != wanted.size:
        raise ProofFailed(name, f"{wanted.size - equal} of {wanted.size} voxels differ")
    return FileProof(name, math.prod(wanted.shape), equal)
