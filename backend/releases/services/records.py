"""An item's part of the manifest: which revision of which frames, and how its labels came about."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.annotations.domain import Manifest, dice_per_segment
from backend.annotations.models import Document, Revision
from backend.annotations.selectors import manifest_at, mask_bytes, mask_frames_at
from backend.imaging.models import Grid
from backend.projects.models import Unit
from backend.releases.domain import Split
from backend.releases.selectors import FrameIdentity, frame_identities, proposal_before
from ml_worker.contract.masks import parse_mask
from ml_worker.geometry.voxel_grid import VoxelGrid


@dataclass(frozen=True)
class Drawn:
    """A document at its head with what was counted in it."""

    document: Document
    revision: Revision
    manifest: Manifest
    pixels: dict[int, int]
    agreement: dict[int, float]
    people: frozenset[Any]


def document_read(document: Document) -> Drawn:
    """Read a document at its head, count its pixels and compare it with the proposal before it."""
    revisions = document.revisions.defer("delta", "snapshot", "edits")
    revision = revisions.get(number=document.head_number)
    manifest = manifest_at(document.pk, revision.number)
    pixels: Counter[int] = Counter()
    data = mask_bytes(manifest.hashes())
    for frames in manifest.masks.values():
        for sha256 in frames.values():
            pixels.update(parse_mask(data[sha256]).count_pixels())
    proposal = proposal_before(document=document, moment=revision.created_at)
    agreement = {}
    if proposal is not None:
        agreement = dice_per_segment(mask_frames_at(proposal.pk), mask_frames_at(document.pk))
    authors = document.revisions.exclude(author=None).values_list("author_id", flat=True)
    people = frozenset(authors.distinct())
    return Drawn(document, revision, manifest, dict(pixels), agreement, people)


def item_record(drawn: Drawn, *, unit: Unit | None, split: Split) -> dict[str, Any]:
    """Return the item as the manifest keeps it; JSON values only, no patient data."""
    document, grid = drawn.document, drawn.document.grid
    series = grid.series
    return {
        "document": str(document.pk),
        "revision": drawn.revision.number,
        "state": document.state,
        "finished_at": drawn.revision.created_at.isoformat(),
        "reader": str(document.reader_id) if document.reader_id else None,
        "labelled_by": sorted(str(person) for person in drawn.people),
        "schema_number": document.schema.number,
        "unit": str(unit.pk) if unit else None,
        "unit_number": unit.number if unit else None,
        "patient": str(series.study.patient_id),
        "split": split,
        "study_uid": series.study.uid,
        "series_uid": series.uid,
        "modality": series.modality,
        "grid": _grid_record(grid),
        "frames": _frame_records(grid),
        "masks": _mask_records(drawn.manifest.masks),
        "objects": [drawn.manifest.objects[name] for name in sorted(drawn.manifest.objects)],
        "answers": drawn.manifest.answers,
        "provenance": drawn.manifest.provenance,
    }


def voxel_ml(grid: Grid) -> float | None:
    """Return the volume of a voxel in millilitres, or None where no affine describes the grid."""
    if grid.origin_mm_lps is None or grid.spacing_mm_ijk is None or grid.direction is None:
        return None
    shape = (grid.frame_count, grid.rows, grid.columns)
    lattice = VoxelGrid.build(grid.origin_mm_lps, grid.spacing_mm_ijk, grid.direction, shape)
    return lattice.voxel_volume_mm3 / 1000


def _grid_record(grid: Grid) -> dict[str, Any]:
    return {
        "id": str(grid.pk),
        "rows": grid.rows,
        "columns": grid.columns,
        "is_regular": grid.is_regular,
        "reason": grid.reason or None,
        "origin_mm_lps": grid.origin_mm_lps,
        "spacing_mm_ijk": grid.spacing_mm_ijk,
        "direction": grid.direction,
        "orientation": grid.orientation,
        "pixel_spacing_mm": grid.pixel_spacing_mm,
        "frame_of_reference_uid": grid.frame_of_reference_uid or None,
    }


def _frame_records(grid: Grid) -> list[dict[str, Any]]:
    identities = frame_identities(instance_ids={int(frame[0]) for frame in grid.frames})
    return [_frame_record(frame, identities) for frame in grid.frames]


def _frame_record(frame: list[Any], identities: Mapping[int, FrameIdentity]) -> dict[str, Any]:
    instance, number, position = int(frame[0]), int(frame[1]), frame[2]
    identity = identities[instance]
    return {
        "key": f"{instance}.{number}",
        "sop_uid": identity.sop_uid,
        "frame": number,
        "sha256": identity.blob_sha256,
        "position_mm_lps": position,
    }


def _mask_records(masks: Mapping[int, Mapping[str, str]]) -> list[dict[str, Any]]:
    return [
        {"layer": layer, "frame": frame, "sha256": sha256}
        for layer, frames in sorted(masks.items())
        for frame, sha256 in sorted(frames.items())
    ]
