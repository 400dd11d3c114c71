"""States of a document: the nearest snapshot, and the short walk from there."""

import base64
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from backend.annotations.domain import (
    SNAPSHOT_EVERY,
    AuthorOut,
    Delta,
    DocumentState,
    Manifest,
    MaskOut,
)
from backend.annotations.domain.messages import ProvenanceOut
from backend.annotations.domain.state import apply_delta
from backend.annotations.models import Document, MaskBlob, Revision
from backend.annotations.selectors.access import document_get
from backend.annotations.selectors.grids import grid_frames
from backend.core.actor import Actor
from backend.core.errors import NotFound
from ml_worker.contract.masks import decode_mask, parse_mask


def flat_at(document_id: UUID, number: int) -> tuple[Delta, dict[str, Any]]:
    """Return the flat state at a revision, and its provenance. Number 0 is the empty document."""
    flat: Delta = {"masks": {}, "objects": {}, "answers": {}}
    provenance: dict[str, Any] = {"segments": {}}
    start = number - number % SNAPSHOT_EVERY
    if number == 0:
        return flat, provenance
    steps = Revision.objects.filter(document_id=document_id, number__range=(start, number))
    last = 0
    for last, delta, snapshot, provenance in steps.order_by("number").values_list(  # noqa: B007  the last one counts
        "number", "delta", "snapshot", "provenance"
    ):
        if snapshot is not None:
            flat = {part: dict(items) for part, items in snapshot.items()}
        else:
            apply_delta(flat, delta)
    if last != number:
        raise NotFound("There is no such revision.")
    return flat, provenance


def manifest_at(document_id: UUID, number: int | None = None) -> Manifest:
    """Return the state at a revision, or at the head."""
    if number is None:
        number = Document.objects.values_list("head_number", flat=True).get(pk=document_id)
    return Manifest.of_flat(*flat_at(document_id, number))


def mask_bytes(shas: Iterable[str]) -> dict[str, bytes]:
    """Return mask frames (limn-rle-1) by their SHA-256."""
    rows = MaskBlob.objects.filter(pk__in=set(shas)).values_list("sha256", "data")
    return {sha256: bytes(data) for sha256, data in rows}


def mask_frames_at(document_id: UUID, number: int | None = None) -> dict[tuple[int, str], bytes]:
    """Return every mask frame at a revision, by (layer, frame key)."""
    return _frames_of(manifest_at(document_id, number))


def _frames_of(manifest: Manifest) -> dict[tuple[int, str], bytes]:
    data = mask_bytes(manifest.hashes())
    return {
        (layer, frame): data[sha256]
        for layer, frames in manifest.masks.items()
        for frame, sha256 in frames.items()
    }


def segments_present(frames: Iterable[bytes]) -> set[int]:
    """Return the ids of the segments that cover at least one pixel of these mask frames."""
    present: set[int] = set()
    for data in frames:
        present.update(parse_mask(data).values.tolist())
    return present - {0}


def labelmaps_kji(document_id: UUID, number: int | None = None) -> dict[int, NDArray[np.uint16]]:
    """Return each layer as segment ids [k, rows, columns], k in the grid's frame order."""
    grid_id = Document.objects.values_list("grid_id", flat=True).get(pk=document_id)
    grid = grid_frames(grid_id)
    index_of = {key: k for k, key in enumerate(grid.keys)}
    layers: dict[int, NDArray[np.uint16]] = {}
    for (layer, frame), data in mask_frames_at(document_id, number).items():
        if layer not in layers:
            layers[layer] = np.zeros((len(grid.keys), grid.rows, grid.columns), dtype=np.uint16)
        layers[layer][index_of[frame]] = decode_mask(data, shape=(grid.rows, grid.columns))
    return layers


def document_state(*, actor: Actor, document_id: UUID, number: int | None = None) -> DocumentState:
    """Return the whole document at a revision, masks included, for the editor."""
    return state_of(document_get(actor=actor, document_id=document_id), number)


def state_of(document: Document, number: int | None = None) -> DocumentState:
    """Return the same for a document whose reader has been checked already."""
    shown = document.head_number if number is None else number
    manifest = Manifest.of_flat(*flat_at(document.pk, shown)) if shown else Manifest()
    return DocumentState(
        id=document.pk,
        kind=document.kind,
        head_number=document.head_number,
        number=shown,
        state=document.state,
        author=author_of(document.pk, shown) if shown else None,
        masks=_masks_out(manifest),
        objects=list(manifest.objects.values()),
        answers=manifest.answers,
        provenance=ProvenanceOut.model_validate(manifest.provenance),
    )


def _masks_out(manifest: Manifest) -> list[MaskOut]:
    hashes = manifest.hashes()
    data = mask_bytes(hashes) if hashes else {}
    return [
        MaskOut(
            layer=layer,
            frame=frame,
            sha256=sha256,
            data=base64.b64encode(data[sha256]).decode(),
        )
        for layer, frames in sorted(manifest.masks.items())
        for frame, sha256 in frames.items()
    ]


def author_of(document_id: UUID, number: int) -> AuthorOut | None:
    """Return who made a revision; nobody made number 0."""
    revision = (
        Revision.objects.filter(document_id=document_id, number=number)
        .select_related("author")
        .defer("delta", "snapshot", "edits")
        .first()
    )
    return None if revision is None else revision_author(revision)


def revision_author(revision: Revision) -> AuthorOut | None:
    """Return a person's name, or the model's as it was called then."""
    if revision.model_version_id is not None:
        name = str(revision.provenance.get("model_name") or "Model")
        return AuthorOut(kind="model", name=name, version_id=revision.model_version_id)
    if revision.author is None:
        return None
    return AuthorOut(kind="person", name=revision.author.name)
