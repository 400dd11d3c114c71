"""What a save carries, checked against its frame, its schema version and its encoding."""

import binascii
from dataclasses import dataclass
from typing import Any

from backend.annotations.domain import Delta, Provenance, RevisionIn, provenance_after
from backend.annotations.domain.messages import ShapeObject
from backend.annotations.domain.schema_rules import NotAllowed, SchemaRules
from backend.annotations.domain.state import mask_key
from backend.annotations.selectors.access import SaveContext
from backend.annotations.selectors.grids import GridFrames, grid_frames, schema_rules
from backend.core.errors import Invalid
from ml_worker.contract.masks import MaskInvalid, mask_sha256


class ChangeInvalid(Invalid):
    """The save says something its document cannot hold; nothing was stored."""

    code = "annotation.change_invalid"


@dataclass(frozen=True)
class CheckedChange:
    """A save that may be stored: its delta, its new mask frames by name, its provenance."""

    delta: Delta
    blobs: dict[str, bytes]
    edits: list[dict[str, Any]]
    provenance: Provenance


def change_check(change: RevisionIn, context: SaveContext) -> CheckedChange:
    """Check every part; raises ChangeInvalid with a sentence that names the part."""
    grid, rules = grid_frames(context.grid_id), schema_rules(context.schema_id)
    try:
        masks, blobs, undeclared = _check_masks(change, grid, rules, context.provenance)
        objects = {
            str(item.id): None if item.value is None else _check_shape(item.value, grid, rules)
            for item in change.objects
        }
        for question, value in change.answers.items():
            if value is not None:
                rules.check_answer(question, value)
    except (NotAllowed, MaskInvalid) as error:
        raise ChangeInvalid(f"The change was not saved: {error}") from error
    return CheckedChange(
        delta={"masks": masks, "objects": objects, "answers": dict(change.answers)},
        blobs=blobs,
        edits=[edit.model_dump(mode="json", exclude_defaults=True) for edit in change.edits],
        provenance=provenance_after(context.provenance, change.edits, undeclared),
    )


def _check_masks(
    change: RevisionIn, grid: GridFrames, rules: SchemaRules, provenance: dict[str, Any]
) -> tuple[dict[str, str | None], dict[str, bytes], set[int]]:
    """Return the delta's masks, the new frames, and segments whose change no edit declares."""
    declared = {frame for edit in change.edits for frame in edit.frames}
    all_declared = any(not edit.frames for edit in change.edits)
    delta: dict[str, str | None] = {}
    blobs: dict[str, bytes] = {}
    undeclared: set[int] = set()
    known = {int(number) for number in provenance.get("segments", {})}
    for mask in change.masks:
        name = mask_key(mask.layer, mask.frame)
        if mask.frame not in grid.known:
            raise NotAllowed(f"Frame {mask.frame} is not one of this image's frames.")
        if name in delta:
            raise NotAllowed(f"Frame {mask.frame} of layer {mask.layer} is there twice.")
        segments = rules.segments_of_layer(mask.layer)
        if not all_declared and mask.frame not in declared:
            undeclared |= segments & known
        data = _decode(mask.data)
        present = rules.check_mask(mask.layer, data, (grid.rows, grid.columns)) if data else None
        if not present:
            delta[name] = None
            continue
        delta[name] = mask_sha256(data)
        blobs[mask_sha256(data)] = data
        if not all_declared and mask.frame not in declared:
            undeclared |= present
    return delta, blobs, undeclared


def _decode(data: str | None) -> bytes:
    if data is None:
        return b""
    try:
        return binascii.a2b_base64(data, strict_mode=True)
    except (binascii.Error, ValueError):
        raise NotAllowed("A mask is not proper base64.") from None


def _check_shape(shape: ShapeObject, grid: GridFrames, rules: SchemaRules) -> dict[str, Any]:
    rules.check_shape(shape.shape_id, shape.kind)
    if shape.frame not in grid.known:
        raise NotAllowed(f"Frame {shape.frame} is not one of this image's frames.")
    return shape.model_dump(mode="json", exclude_none=True)
