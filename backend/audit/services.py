"""Write side of the audit record.

Events are added inside the transaction that they tell of and cost one insert. The hash chain is
sealed afterwards in batches by one writer, so that no save waits for it.
"""

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend.audit.domain import GENESIS, chain_sha256
from backend.audit.models import AuditEvent, AuditSeal
from backend.audit.selectors import entry_of, settled_events
from backend.core.actor import Actor

_SEALER_LOCK = 0x4C494D4E_41554454
BATCH = 10_000
MARGIN_SECONDS = 5.0


def audit_record(
    *,
    actor: Actor,
    verb: str,
    target_id: UUID | str | int,
    project_id: UUID | None = None,
    **details: Any,  # noqa: ANN401  JSON values: ids and numbers, never patient data
) -> None:
    """Add an event to the caller's transaction."""
    AuditEvent.objects.create(
        actor_id=actor.user_id,
        verb=verb,
        target_id=str(target_id),
        project_id=project_id,
        details=details,
    )


def audit_seal(*, margin_seconds: float = MARGIN_SECONDS) -> int:
    """Seal everything that is settled, batch by batch; return how many events were sealed.

    Of several sealers at once one works and the others return 0.
    """
    total = 0
    while True:
        sealed = _seal_batch(margin_seconds)
        total += sealed
        if sealed < BATCH:
            return total


@transaction.atomic
def _seal_batch(margin_seconds: float) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last = AuditSeal.objects.order_by("-id").first()
    previous = last.sha256 if last else GENESIS
    rows = settled_events(after_id=last.last_event_id if last else 0, margin_seconds=margin_seconds)
    entries = [entry_of(row) for row in rows[:BATCH]]
    if not entries:
        return 0
    AuditSeal.objects.create(
        first_event_id=entries[0].id,
        last_event_id=entries[-1].id,
        previous_sha256=previous,
        sha256=chain_sha256(previous, entries),
    )
    return len(entries)
