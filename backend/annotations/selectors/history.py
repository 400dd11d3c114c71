"""The history of a document, newest first."""

from typing import Any
from uuid import UUID

from backend.annotations.domain import RevisionRow, RevisionRows
from backend.annotations.models import Revision
from backend.annotations.selectors.access import document_get
from backend.annotations.selectors.states import revision_author
from backend.core.actor import Actor
from backend.core.http import cursor_decode, cursor_encode

PAGE = 100


def revision_rows(*, actor: Actor, document_id: UUID, cursor: str | None = None) -> RevisionRows:
    """Return up to 100 revisions, and where to go on."""
    document = document_get(actor=actor, document_id=document_id)
    rows = Revision.objects.filter(document=document).select_related("author").defer("snapshot")
    if cursor:
        rows = rows.filter(number__lt=int(cursor_decode(cursor)[0]))
    page = list(rows.order_by("-number")[: PAGE + 1])
    more = cursor_encode(page[PAGE - 1].number) if len(page) > PAGE else None
    is_restorable = document.state == "draft" and document.kind == "label"
    results = [
        RevisionRow(
            number=row.number,
            at=row.created_at,
            author=revision_author(row),
            reason=row.reason,
            summary=summary_of(row.reason, row.delta, row.edits),
            is_restorable=is_restorable and row.number != document.head_number,
        )
        for row in page[:PAGE]
    ]
    return RevisionRows(results=results, next=more)


def summary_of(reason: str, delta: dict[str, Any], edits: list[dict[str, Any]]) -> str:
    """Return a revision in a few words: ``Brush: 3 slices, 1 answer``."""
    slices = len({name.partition(":")[2] for name in delta.get("masks", {})})
    counts = [
        (slices, "slice", "slices"),
        (len(delta.get("objects", {})), "shape", "shapes"),
        (len(delta.get("answers", {})), "answer", "answers"),
    ]
    parts = [f"{n} {one if n == 1 else many}" for n, one, many in counts if n]
    tools = list(dict.fromkeys(str(edit.get("tool", "")) for edit in edits if edit.get("tool")))
    lead = ", ".join(tools[:3]) if tools else {"autosave": "Change"}.get(reason, reason)
    lead = lead[:1].upper() + lead[1:].replace("_", " ")
    return f"{lead}: {', '.join(parts)}" if parts else lead
