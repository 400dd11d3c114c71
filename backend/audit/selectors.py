"""Read side of the audit record."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from backend.audit.domain import GENESIS, Entry, Verdict, chain_sha256
from backend.audit.models import PATIENT_ERASED, AuditEvent, AuditSeal
from backend.audit.policies import may_read_audit
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid
from backend.core.http import cursor_decode, cursor_encode

PAGE = 100


def audit_page(
    *, actor: Actor, verb: str = "", target_id: str = "", cursor: str | None = None
) -> tuple[list[Entry], str | None]:
    """Return a page of events, newest first; `verb` may be the beginning of one."""
    if not may_read_audit(actor):
        raise Forbidden("Only administrators read the audit record.")
    rows = AuditEvent.objects.order_by("-id")
    if verb:
        rows = rows.filter(verb__startswith=verb)
    if target_id:
        rows = rows.filter(target_id=target_id)
    if cursor:
        try:
            (before,) = cursor_decode(cursor)
            rows = rows.filter(id__lt=int(before))
        except (ValueError, TypeError):
            raise Invalid("The page marker is not one of Limn's; start again.") from None
    found = [entry_of(row) for row in rows[: PAGE + 1]]
    more = cursor_encode(found[PAGE - 1].id) if len(found) > PAGE else None
    return found[:PAGE], more


def last_erased_at() -> datetime | None:
    """Return when a patient was last erased; asked by every worker, now and again."""
    erased = AuditEvent.objects.filter(verb=PATIENT_ERASED).order_by("-at")
    return erased.values_list("at", flat=True).first()


def entry_of(row: AuditEvent) -> Entry:
    """Return a row as it goes into the chain."""
    return Entry(
        id=row.pk,
        at=row.at,
        actor_id=row.actor_id,
        verb=row.verb,
        target_id=row.target_id,
        project_id=row.project_id,
        details=row.details,
    )


def settled_events(*, after_id: int, margin_seconds: float) -> QuerySet[AuditEvent]:
    """Return the events after `after_id` that no open transaction can still slip in between.

    Ids are given out before their transaction commits. An event is settled when it is older, by
    a margin, than the oldest transaction that is open now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(min(xact_start), clock_timestamp()) - make_interval(secs => %s)"
            " FROM pg_stat_activity"
            " WHERE datname = current_database() AND xact_start IS NOT NULL"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
            [margin_seconds],
        )
        (horizon,) = cursor.fetchone()
    unsettled = (
        AuditEvent.objects.filter(id__gt=after_id, at__gte=horizon).order_by("id").values("id")[:1]
    )
    first_unsettled = unsettled.first()
    rows = AuditEvent.objects.filter(id__gt=after_id).order_by("id")
    return rows.filter(id__lt=first_unsettled["id"]) if first_unsettled else rows


def audit_verify() -> Verdict:
    """Recompute the whole chain and say what does not fit."""
    faults: list[str] = []
    previous, after_id, sealed = GENESIS, 0, 0
    seals = list(AuditSeal.objects.order_by("id"))
    for seal in seals:
        slipped = AuditEvent.objects.filter(id__gt=after_id, id__lt=seal.first_event_id).count()
        if slipped:
            faults.append(f"{slipped} events stand before event {seal.first_event_id} unsealed.")
        rows = AuditEvent.objects.filter(
            id__gte=seal.first_event_id, id__lte=seal.last_event_id
        ).order_by("id")
        counter = _Counter(rows)
        if seal.previous_sha256 != previous:
            faults.append(f"Seal {seal.pk} does not follow the seal before it.")
        if chain_sha256(seal.previous_sha256, counter) != seal.sha256:
            faults.append(f"Events {seal.first_event_id} to {seal.last_event_id} were changed.")
        sealed += counter.count
        previous, after_id = seal.sha256, seal.last_event_id
    unsealed = AuditEvent.objects.filter(id__gt=after_id).count()
    return Verdict(
        seals=len(seals), sealed_events=sealed, unsealed_events=unsealed, faults=tuple(faults)
    )


class _Counter:
    """Streams entries and remembers how many there were."""

    def __init__(self, rows: QuerySet[AuditEvent]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Entry]:
        for row in self._rows.iterator(chunk_size=2000):
            self.count += 1
            yield entry_of(row)
