"""Who may reach a document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import Cursor

from backend.annotations.models import Document
from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.projects.policies import role_verbs
from backend.projects.selectors import project_verbs

ABSENT = "There is no such annotation."


def document_get(*, actor: Actor, document_id: UUID) -> Document:
    """Return a document of a project the actor belongs to."""
    document = Document.objects.filter(pk=document_id).first()
    if document is None or "view" not in project_verbs(actor=actor, project_id=document.project_id):
        raise NotFound(ABSENT)
    return document


def first_row(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run one statement and return its first row. Outside a transaction it is its own."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def prepared_row(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run one of the statements of a save, which PostgreSQL keeps parsed and planned."""
    with connection.cursor(), connection.wrap_database_errors:  # the cursor sees to the connection
        server = connection.connection
        if server.prepare_threshold is None:
            server.prepare_threshold = 0
        with Cursor[tuple[Any, ...]](server) as cursor:
            return cursor.execute(statement, values).fetchone()


@dataclass(frozen=True)
class SaveContext:
    """What a save must know of its document; `provenance` is that of the revision built on."""

    project_id: UUID
    grid_id: UUID
    schema_id: int
    provenance: dict[str, Any]


# One read for the hottest path: the document, the revision it builds on, and the membership.
_FOR_SAVE = """
SELECT d.project_id, d.grid_id, d.schema_id, r.provenance, m.role
FROM annotations_document d
LEFT JOIN annotations_revision r ON r.document_id = d.id AND r.number = %(base)s
LEFT JOIN projects_membership m ON m.project_id = d.project_id AND m.user_id = %(actor)s
WHERE d.id = %(document)s AND d.kind = 'label'
"""


def document_get_for_save(*, actor: Actor, document_id: UUID, base_number: int) -> SaveContext:
    """Return what a save needs; the lock itself is checked by the conditional UPDATE."""
    row = prepared_row(
        _FOR_SAVE, {"base": base_number, "actor": actor.user_id, "document": document_id}
    )
    verbs = role_verbs(row[4], is_admin=actor.is_admin) if row is not None else frozenset()
    if row is None or "view" not in verbs:
        raise NotFound(ABSENT)
    if "annotate" not in verbs:
        raise Forbidden("Your role in this project is to look, not to label.")
    provenance = json.loads(row[3]) if isinstance(row[3], str) else row[3]
    return SaveContext(row[0], row[1], row[2], provenance or {"segments": {}})
