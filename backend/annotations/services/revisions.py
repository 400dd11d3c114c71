"""Saving a revision: the hottest write of Limn.

One read and one write, each a single statement; the write is its own transaction. Its conditional
UPDATE by primary key is the lock: the head must be the revision the client built on, the document
a draft, the lock the client's. Of two writers one moves the head and the other matches no row.
Revision, mask frames and audit event ride in the same statement, so a save is durable as a whole
or not at all. Nothing shared between documents is touched and nobody is notified (NOTIFY would
serialise all commits): a save costs the same at a thousand and at a hundred thousand tasks.

And if it dies here? Before the commit nothing happened; after it, the client's retry under the
same request id finds the revision and gets the first answer again.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.annotations.domain import SNAPSHOT_EVERY, Delta, RestoreIn, RevisionIn
from backend.annotations.domain.state import apply_delta, delta_between, is_empty
from backend.annotations.models import Document, Revision
from backend.annotations.selectors.access import document_get_for_save, prepared_row
from backend.annotations.selectors.states import flat_at
from backend.annotations.services.changes import change_check
from backend.annotations.services.locks import holder_name
from backend.core.actor import Actor
from backend.core.errors import Conflict


class RevisionConflict(Conflict):
    """The document moved on, or was submitted, since the client last read it."""

    code = "annotation.revision_conflict"


class LockLost(Conflict):
    """Another tab or person has the document open now."""

    code = "annotation.lock_lost"


class RequestReused(Conflict):
    """The request id belongs to an earlier save with other content."""

    code = "annotation.request_reused"


@dataclass(frozen=True)
class Saved:
    """A durable save. `is_new` is False when an earlier answer is given again."""

    number: int
    saved_at: datetime
    is_new: bool


@dataclass(frozen=True)
class Draft:
    """A revision about to be appended to what the client read."""

    document_id: UUID
    base_number: int
    request_id: UUID
    lock_token: UUID
    reason: str
    delta: Delta
    provenance: dict[str, Any]
    edits: list[dict[str, Any]]
    active_ms: int = 0


_APPEND = """
WITH moved AS (
    UPDATE annotations_document SET head_number = head_number + 1, updated_at = now()
    WHERE id = %(document)s AND head_number = %(base)s AND state = 'draft'
      AND lock_token = %(lock)s AND lock_user_id = %(actor)s
      AND NOT EXISTS (SELECT FROM annotations_revision
                      WHERE document_id = %(document)s AND request_id = %(request)s)
    RETURNING id, project_id, head_number
), blobs AS (
    INSERT INTO annotations_maskblob (sha256, data)
    SELECT new.sha256, new.data
    FROM moved, unnest(%(hashes)s::text[], %(data)s::bytea[]) AS new (sha256, data)
    ON CONFLICT DO NOTHING
), noted AS (
    INSERT INTO audit_auditevent (at, actor_id, verb, target_id, project_id, details)
    SELECT now(), %(actor)s, %(verb)s::text, id::text, project_id,
           jsonb_build_object('number', head_number)
    FROM moved
)
INSERT INTO annotations_revision (document_id, number, request_id, author_id, reason, delta,
                                  snapshot, edits, provenance, active_ms, created_at)
SELECT id, head_number, %(request)s, %(actor)s, %(reason)s::text, %(delta)s::jsonb,
       %(snapshot)s::jsonb, %(edits)s::jsonb, %(provenance)s::jsonb, %(active_ms)s, now()
FROM moved
RETURNING number, created_at
"""


def revision_save(*, actor: Actor, document_id: UUID, change: RevisionIn) -> Saved:
    """Append a change to the revision it was built on.

    Of several writers exactly one wins; the others learn the head. Repeating a request that
    succeeded returns its first answer. A change of nothing is no revision.
    """
    context = document_get_for_save(
        actor=actor, document_id=document_id, base_number=change.base_number
    )
    checked = change_check(change, context)
    draft = Draft(
        document_id=document_id,
        base_number=change.base_number,
        request_id=change.request_id,
        lock_token=change.lock_token,
        reason=change.reason,
        delta=checked.delta,
        provenance=checked.provenance,
        edits=checked.edits,
        active_ms=change.active_ms,
    )
    if is_empty(draft.delta):
        return _unchanged(actor, draft)
    return revision_append(actor=actor, draft=draft, blobs=checked.blobs)


def revision_restore(*, actor: Actor, document_id: UUID, wish: RestoreIn) -> Saved:
    """Append a revision whose state equals that of an earlier one."""
    document_get_for_save(actor=actor, document_id=document_id, base_number=wish.base_number)
    before, _ = flat_at(document_id, wish.base_number)
    after, provenance = flat_at(document_id, wish.number)
    draft = Draft(
        document_id=document_id,
        base_number=wish.base_number,
        request_id=wish.request_id,
        lock_token=wish.lock_token,
        reason="restore",
        delta=delta_between(before, after),
        provenance=provenance,
        edits=[{"tool": f"Back to version {wish.number}", "origin": "manual"}],
    )
    return revision_append(actor=actor, draft=draft, blobs={})


def revision_append(*, actor: Actor, draft: Draft, blobs: dict[str, bytes]) -> Saved:
    """Write the revision, its mask frames and the audit event in one statement."""
    hashes = sorted(blobs)  # one order for all writers, so that equal frames cannot deadlock
    values = {
        "document": draft.document_id,
        "base": draft.base_number,
        "lock": draft.lock_token,
        "actor": actor.user_id,
        "request": draft.request_id,
        "hashes": hashes,
        "data": [blobs[name] for name in hashes],
        "verb": "annotation.revision_saved",
        "reason": draft.reason,
        "delta": json.dumps(draft.delta),
        "snapshot": _snapshot(draft),
        "edits": json.dumps(draft.edits),
        "provenance": json.dumps(draft.provenance),
        "active_ms": draft.active_ms,
    }
    row = prepared_row(_APPEND, values)
    return _explain(draft) if row is None else Saved(row[0], row[1], is_new=True)


def _snapshot(draft: Draft) -> str | None:
    """Return the whole state where one is due, so that any state stays a short walk away."""
    if (draft.base_number + 1) % SNAPSHOT_EVERY:
        return None
    if not Revision.objects.filter(
        document_id=draft.document_id, number=draft.base_number
    ).exists():
        return None  # the base was never there: the conditional UPDATE will refuse
    flat, _ = flat_at(draft.document_id, draft.base_number)
    apply_delta(flat, draft.delta)
    return json.dumps(flat)


def _explain(draft: Draft) -> Saved:
    """Return the first answer of a repeated request, or raise what kept the save out."""
    earlier = Revision.objects.filter(
        document_id=draft.document_id, request_id=draft.request_id
    ).first()
    if earlier is not None:
        if earlier.delta == json.loads(json.dumps(draft.delta)):
            return Saved(earlier.number, earlier.created_at, is_new=False)
        raise RequestReused("This request id was used before for another change.")
    _refuse_unless_current(Document.objects.get(pk=draft.document_id), draft)
    raise RevisionConflict("The annotation was being changed at the same moment; try again.")


def _refuse_unless_current(document: Document, draft: Draft) -> None:
    if document.state != Document.State.DRAFT:
        raise RevisionConflict(
            "The annotation has been submitted; it takes no more changes.",
            head_number=document.head_number,
            state=document.state,
        )
    if document.lock_token != draft.lock_token:
        name = holder_name(document.lock_user_id)
        raise LockLost(
            f"{name} has this open now." if name else "This is no longer open here.",
            holder_name=name,
        )
    if document.head_number != draft.base_number:
        raise RevisionConflict(
            "The annotation has changed since it was read.",
            head_number=document.head_number,
            state=document.state,
        )


def _unchanged(actor: Actor, draft: Draft) -> Saved:
    """Answer a change of nothing: the head stands, if the writer may still write."""
    document = Document.objects.get(pk=draft.document_id)
    _refuse_unless_current(document, draft)
    if document.lock_user_id != actor.user_id:
        raise LockLost("This is open under another name.", holder_name=None)
    return Saved(document.head_number, document.updated_at, is_new=False)
