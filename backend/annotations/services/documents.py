"""Documents as wholes: made, proposed, submitted, accepted, opened again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction

from backend.annotations.domain import RuleUnmet, same_segment
from backend.annotations.domain.provenance import provenance_kept
from backend.annotations.domain.state import delta_between, mask_key
from backend.annotations.models import Document, MaskBlob, Revision
from backend.annotations.selectors.grids import grid_frames, schema_rules
from backend.annotations.selectors.states import (
    flat_at,
    manifest_at,
    mask_frames_at,
    segments_present,
)
from backend.annotations.services.revisions import Draft, LockLost, revision_append
from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid
from backend.projects.models import LabelSchema
from ml_worker.contract.masks import MaskInvalid, mask_sha256

BATCH = 2000


class RulesUnmet(Invalid):
    """The schema asks for something that is not there yet."""

    code = "annotation.rules_unmet"

    def __init__(self, problems: Sequence[RuleUnmet]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


def document_create(
    *,
    project_id: UUID,
    grid_id: UUID,
    schema_id: int,
    kind: str = Document.Kind.LABEL,
    reader_id: UUID | None = None,
    model_version_id: UUID | None = None,
) -> UUID:
    """Make an empty document."""
    return Document.objects.create(
        project_id=project_id,
        grid_id=grid_id,
        schema_id=schema_id,
        kind=kind,
        reader_id=reader_id,
        model_version_id=model_version_id,
    ).pk


@transaction.atomic
def documents_create(*, project_id: UUID, grid_ids: Sequence[UUID], schema_id: int) -> list[UUID]:
    """Make an empty document for each grid; the ids come in the same order."""
    rows = [
        Document(project_id=project_id, grid_id=grid_id, schema_id=schema_id)
        for grid_id in grid_ids
    ]
    Document.objects.bulk_create(rows, batch_size=BATCH)
    return [row.pk for row in rows]


@transaction.atomic
def proposal_write(
    *,
    actor: Actor,
    document_id: UUID,
    masks: Mapping[tuple[int, str], bytes],
    model_version_id: UUID,
    model_name: str = "Model",
    provenance: Mapping[str, Any] | None = None,
) -> int:
    """Write a model's masks as the one revision of a proposal; writing the same again is no-op."""
    document = Document.objects.select_for_update(no_key=True, of=("self",)).get(
        pk=document_id, kind=Document.Kind.PROPOSAL
    )
    kept, present = _check_proposal(document, masks)
    delta = {
        "masks": {mask_key(*key): mask_sha256(data) for key, data in kept.items()},
        "objects": {},
        "answers": {},
    }
    if document.head_number and manifest_at(document_id).flat() == delta:
        return document.head_number
    _store(kept)
    origin = {"method": "automatic", "model_version_ids": [str(model_version_id)], "prompts": 0}
    number = document.head_number + 1
    before = flat_at(document_id, document.head_number)[0]
    Revision.objects.create(
        document=document,
        number=number,
        request_id=uuid4(),
        model_version_id=model_version_id,
        reason="prediction",
        delta=delta_between(before, delta),
        provenance={
            "segments": {str(segment): origin for segment in sorted(present)},
            **(provenance or {}),
            "model_name": model_name,
        },
    )
    document.head_number = number
    document.model_version_id = model_version_id
    document.save(update_fields=["head_number", "model_version_id", "updated_at"])
    audit_record(
        actor=actor,
        verb="annotation.proposal_written",
        target_id=document_id,
        project_id=document.project_id,
        model_version=str(model_version_id),
    )
    return number


def _store(masks: Mapping[tuple[int, str], bytes]) -> None:
    named = {mask_sha256(data): data for data in masks.values()}
    rows = [MaskBlob(sha256=sha256, data=data) for sha256, data in sorted(named.items())]
    MaskBlob.objects.bulk_create(rows, ignore_conflicts=True)


def _check_proposal(
    document: Document, masks: Mapping[tuple[int, str], bytes]
) -> tuple[dict[tuple[int, str], bytes], set[int]]:
    """Return the frames that hold something, and which segments; refuse a foreign frame."""
    grid, rules = grid_frames(document.grid_id), schema_rules(document.schema_id)
    kept: dict[tuple[int, str], bytes] = {}
    present: set[int] = set()
    for (layer, frame), data in masks.items():
        if frame not in grid.known:
            raise Invalid(f"The proposal names frame {frame}, which is not one of this image's.")
        try:
            segments = rules.check_mask(layer, data, (grid.rows, grid.columns))
        except (MaskInvalid, ValueError) as error:
            raise Invalid(f"The proposal cannot be stored: {error}") from error
        if segments:
            kept[layer, frame] = data
            present |= segments
    return kept, present


@transaction.atomic
def document_submit(*, actor: Actor, document_id: UUID, lock_token: UUID, base_number: int) -> int:
    """Close a draft at the revision its reader sees; returns the number of the closing revision.

    The schema's rules come first (RulesUnmet). The closing revision changes no pixel; it keeps
    only claims about provenance that hold: "automatic" must equal the model's proposal exactly.
    Saying it again after it succeeded returns the same number.
    """
    document = Document.objects.get(pk=document_id)
    request_id = uuid5(document_id, f"submit {lock_token} {base_number}")
    done = Revision.objects.filter(document_id=document_id, request_id=request_id).first()
    if done is not None:
        return done.number
    flat, provenance = flat_at(document_id, min(base_number, document.head_number))
    frames = mask_frames_at(document_id, min(base_number, document.head_number))
    present = segments_present(frames.values())
    problems = schema_rules(document.schema_id).unmet(present, flat["answers"])
    if problems:
        raise RulesUnmet(problems)
    disproved = _automatic_but_changed(document, frames, provenance)
    saved = revision_append(
        actor=actor,
        draft=Draft(
            document_id=document_id,
            base_number=base_number,
            request_id=request_id,
            lock_token=lock_token,
            reason="submit",
            delta={"masks": {}, "objects": {}, "answers": {}},
            provenance=provenance_kept(provenance, present, disproved),
            edits=[],
        ),
        blobs={},
    )
    closed = Document.objects.filter(
        pk=document_id, head_number=saved.number, lock_token=lock_token
    ).update(
        state=Document.State.SUBMITTED,
        reader_id=actor.user_id,
        lock_token=None,
        lock_user_id=None,
        lock_until=None,
    )
    if not closed:
        raise LockLost("This is no longer open here.", holder_name=None)
    _note(actor, document, "annotation.submitted", number=saved.number)
    return saved.number


def _automatic_but_changed(
    document: Document, frames: dict[tuple[int, str], bytes], provenance: Mapping[str, Any]
) -> list[int]:
    """Return the segments called automatic that differ from what their model proposed."""
    claims = {
        int(number): origin["model_version_ids"]
        for number, origin in provenance.get("segments", {}).items()
        if origin["method"] == "automatic"
    }
    return [
        number
        for number, versions in claims.items()
        if not any(
            same_segment(frames, mask_frames_at(proposal), number)
            for proposal in Document.objects.filter(
                project_id=document.project_id,
                grid_id=document.grid_id,
                kind=Document.Kind.PROPOSAL,
                model_version_id__in=versions,
            ).values_list("pk", flat=True)
        )
    ]


@transaction.atomic
def document_accept(*, actor: Actor, document_id: UUID) -> None:
    """Accept submitted work as it stands."""
    _move(actor, document_id, ("submitted",), "accepted", "annotation.accepted")


@transaction.atomic
def document_reopen(*, actor: Actor, document_id: UUID) -> None:
    """Make closed work a draft again; its history goes on."""
    _move(actor, document_id, ("submitted", "accepted"), "draft", "annotation.reopened")


def _move(actor: Actor, document_id: UUID, before: tuple[str, ...], after: str, verb: str) -> None:
    moved = Document.objects.filter(pk=document_id, state__in=before).update(
        state=after, lock_token=None, lock_user_id=None, lock_until=None
    )
    document = Document.objects.get(pk=document_id)
    if not moved:
        raise Conflict(
            f"This is {document.state} by now; look at it again before you decide.",
            state=document.state,
        )
    _note(actor, document, verb, number=document.head_number)


def document_put_back(*, document_id: UUID) -> bool:
    """Close a reopened document again if nothing was changed since it was submitted.

    Returns whether it is closed now; a document that was never opened again is.
    """
    document = Document.objects.select_for_update(no_key=True).get(pk=document_id)
    if document.state != Document.State.DRAFT:
        return True
    head = Revision.objects.filter(document_id=document_id, number=document.head_number).first()
    if head is None or head.reason != "submit":
        return False
    Document.objects.filter(pk=document_id).update(
        state=Document.State.SUBMITTED, lock_token=None, lock_user_id=None, lock_until=None
    )
    return True


def document_schema_upgrade(*, document_id: UUID) -> None:
    """Let a draft speak the newest schema version of its project; called when it is opened.

    A segment, shape or question never changes its meaning between versions and what is taken out
    stays readable, so nothing that was labelled is lost.
    """
    document = Document.objects.select_related("project", "schema").get(pk=document_id)
    number = document.project.schema_number
    if document.state != Document.State.DRAFT or document.schema.number == number:
        return
    newest = LabelSchema.objects.only("pk").get(project_id=document.project_id, number=number)
    Document.objects.filter(pk=document_id, state=Document.State.DRAFT).update(schema=newest)


def _note(actor: Actor, document: Document, verb: str, **details: int) -> None:
    audit_record(
        actor=actor,
        verb=verb,
        target_id=document.pk,
        project_id=document.project_id,
        **details,
    )
