"""What a person decides about a file whose picture may carry text: blank, release or discard."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.blobs import BlobMissing, blob_store
from backend.core.erasing import blobs_erase
from backend.core.errors import Conflict, Invalid
from backend.imaging.domain.deidentify.files import written
from backend.imaging.domain.deidentify.redact import NotRedactable, redacted
from backend.imaging.domain.deidentify.text_boxes import Box
from backend.imaging.domain.messages_deid import QuarantineDecisionIn
from backend.imaging.models import IngestItem, IngestRun, Instance, QuarantinedFile, Series
from backend.imaging.selectors.quarantine import WAITING, choices_of, quarantined_get
from backend.imaging.selectors.runs import run_counts
from backend.imaging.services.grids import grids_refresh
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.rivals import rival_renamed
from backend.imaging.services.store import Delivery, batch_store
from ml_worker.pixels.whole_file import read_whole

_STATES = {
    "redact": "redacted",
    "release": "released",
    "keep_both": "kept_both",
    "discard": "discarded",
}


def quarantine_decide(
    *, actor: Actor, file_id: UUID, body: QuarantineDecisionIn
) -> QuarantinedFile:
    """Carry a decision out; what is blanked, released or kept comes in like any file of its run."""
    row = quarantined_get(actor=actor, file_id=file_id)
    if body.decision not in choices_of(row):
        raise Invalid(f"Of this file one can decide: {', '.join(choices_of(row))}.")
    if body.whole_run:
        alike = QuarantinedFile.objects.filter(run=row.run_id, reason=row.reason, state=WAITING)
        for other in list(alike.exclude(pk=file_id).values_list("pk", flat=True)):
            _decide(actor, other, body)
    return _decide(actor, file_id, body)


def _decide(actor: Actor, file_id: UUID, body: QuarantineDecisionIn) -> QuarantinedFile:
    with transaction.atomic():
        row = (
            QuarantinedFile.objects.select_for_update(no_key=True)
            .select_related("run")
            .get(pk=file_id)
        )
        if row.state != WAITING:
            raise Conflict("Somebody has decided about this file already.", state=row.state)
        stored = () if body.decision == "discard" else _take_in(actor, row, body)
        row.state, row.decided_by_id = _STATES[body.decision], actor.user_id
        row.decided_boxes = [list(box) for box in body.boxes or ()]
        row.decided_at = timezone.now()
        row.save(update_fields=["state", "decided_by_id", "decided_boxes", "decided_at"])
        _settle_item(row, stored)
        audit_record(actor=actor, verb=f"quarantine.{row.state}", target_id=row.pk)
        transaction.on_commit(lambda: _forget(row.file_sha256))
    return row


def _take_in(
    actor: Actor, row: QuarantinedFile, body: QuarantineDecisionIn
) -> Sequence[IngestItem]:
    content = _content(row, body)
    draft = blob_store().draft()
    incoming = Incoming.drafted(row.name, draft)
    try:
        draft.write(content)
        delivery = Delivery(actor=actor, run=row.run, audience_id=row.audience_id)
        items = batch_store(delivery, [incoming])
    finally:
        incoming.discard()
    stale = Series.objects.filter(
        grids_stale=True, instances__in=[item.instance_id for item in items if item.instance_id]
    )
    grids_refresh(stale.values_list("pk", flat=True))
    return items


def _content(row: QuarantinedFile, body: QuarantineDecisionIn) -> bytes:
    """Return the file's bytes, with the chosen boxes blanked if that was decided."""
    try:
        with blob_store().open(row.file_sha256) as file:
            content = file.read()
    except BlobMissing:
        raise Conflict("The file is no longer there.") from None
    if body.decision == "release":
        return content
    if body.decision == "keep_both":
        return rival_renamed(content, row)
    chosen = body.boxes if body.boxes is not None else [tuple(box) for box in row.boxes]
    boxes = [Box(*box) for box in chosen]
    if not boxes or any(not _is_inside(box, row) for box in boxes):
        raise Invalid("Boxes to blank lie inside the picture: top, left, bottom, right.")
    try:
        return written(redacted(read_whole(content), boxes))
    except NotRedactable:
        raise Invalid("Pixels of this kind cannot be blanked; discard the file.") from None


def _is_inside(box: Box, row: QuarantinedFile) -> bool:
    return 0 <= box.top < box.bottom <= row.rows and 0 <= box.left < box.right <= row.columns


def _settle_item(row: QuarantinedFile, stored: Sequence[IngestItem]) -> None:
    """Let the run tell what finally became of the file: one fate for one file."""
    waiting = IngestItem.objects.filter(run=row.run, outcome="quarantined", name=row.name)
    place = waiting.filter(sop_uid=row.sop_uid).order_by("pk").first()
    if place is not None and stored:
        place.delete()
    elif place is not None:
        place.outcome, place.code = "rejected", "imaging.discarded"
        place.reason, place.next_step = "Somebody discarded it in quarantine.", ""
        place.save(update_fields=["outcome", "code", "reason", "next_step"])
    run = IngestRun.objects.select_for_update(no_key=True).get(pk=row.run_id)
    run.counts = run_counts(run)
    run.save(update_fields=["counts"])


def _forget(sha256: str) -> None:
    """Remove bytes that may show a name at once, unless an instance is made of them."""
    blobs_erase({sha256}, is_needed=_in_use)


def _in_use(hashes: set[str]) -> set[str]:
    waiting = QuarantinedFile.objects.filter(file_sha256__in=hashes, state=WAITING)
    instances = Instance.objects.filter(blob_sha256__in=hashes)
    return {*waiting.values_list("file_sha256", flat=True)} | {
        *instances.values_list("blob_sha256", flat=True)
    }
