"""The record of who did what: append-only, sealed in batches, checked as a whole."""

import io
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, connections, transaction
from django.db.utils import IntegrityError

from backend.audit.models import AuditEvent, AuditSeal
from backend.audit.selectors import audit_verify
from backend.audit.services import audit_record, audit_seal
from backend.core.actor import Actor

pytestmark = pytest.mark.django_db(transaction=True)


def record(verb="tested.it", target="t1", **details):
    audit_record(actor=Actor.system(), verb=verb, target_id=target, **details)


def without_triggers(sql, *parameters):
    """Do what only somebody with the database's own rights can."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, parameters)
        assert cursor.rowcount == 1


def test_events_and_seals_can_be_neither_changed_nor_deleted():
    record()
    audit_seal(margin_seconds=0)
    for table in (AuditEvent, AuditSeal):
        with pytest.raises((InternalError, IntegrityError), match="append-only"):
            table.objects.all().delete()
    with pytest.raises((InternalError, IntegrityError), match="append-only"):
        AuditEvent.objects.update(verb="other")

    assert AuditEvent.objects.get().verb == "tested.it"


def test_an_event_vanishes_with_the_transaction_it_tells_of():
    with transaction.atomic():
        record()
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()


def test_seals_follow_one_another_and_the_whole_fits():
    for n in range(3):
        record(target=f"t{n}", number=n, name="Größe")
    assert audit_seal(margin_seconds=0) == 3
    record()
    record()
    assert audit_seal(margin_seconds=0) == 2
    record()

    verdict = audit_verify()

    assert verdict.is_intact
    assert (verdict.seals, verdict.sealed_events, verdict.unsealed_events) == (2, 5, 1)


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        ("UPDATE audit_auditevent SET verb = 'nothing.happened' WHERE target_id = 't2'", "changed"),
        (
            "UPDATE audit_auditevent SET at = at - interval '1 microsecond' WHERE target_id = 't2'",
            "changed",
        ),
        ("DELETE FROM audit_auditevent WHERE target_id = 't2'", "changed"),
        (
            "DELETE FROM audit_auditseal WHERE id = (SELECT min(id) FROM audit_auditseal)",
            "does not follow",
        ),
        (
            "UPDATE audit_auditseal SET sha256 = repeat('a', 64) WHERE id = (SELECT min(id) FROM audit_auditseal)",
            "does not follow",
        ),
    ],
)
def test_tampering_is_found(tamper, fault):
    for n in range(5):
        record(target=f"t{n}")
        audit_seal(margin_seconds=0)
    assert audit_verify().is_intact

    without_triggers(tamper)

    assert any(fault in sentence for sentence in audit_verify().faults)
    with pytest.raises(CommandError, match=fault):
        call_command("audit", "verify")


def test_an_event_of_a_transaction_that_is_still_open_is_never_overtaken_by_a_seal():
    """The late one took its id first; sealing past it would make its commit look like tampering."""
    late_took_its_id, may_commit = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            record(target="late")
            late_took_its_id.set()
            may_commit.wait(10)
        connections["default"].close()

    thread = threading.Thread(target=late)
    thread.start()
    late_took_its_id.wait(10)
    record(target="quick")
    assert audit_seal(margin_seconds=0) == 0
    may_commit.set()
    thread.join()

    assert audit_seal(margin_seconds=0) == 2
    assert audit_verify().is_intact
    assert [row.target_id for row in AuditEvent.objects.order_by("id")] == ["late", "quick"]


def test_of_sealers_at_once_each_event_is_sealed_once():
    for n in range(40):
        record(target=f"t{n}")
    gate, counts = threading.Barrier(4), []

    def seal():
        gate.wait()
        counts.append(audit_seal(margin_seconds=-1))
        connections["default"].close()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    audit_seal(margin_seconds=0)

    verdict = audit_verify()
    assert verdict.is_intact
    assert (verdict.sealed_events, verdict.unsealed_events) == (40, 0)


def test_the_command_says_that_all_is_well():
    record()
    out = io.StringIO()
    call_command("audit", "verify", stdout=out)
    assert "intact: 0 events under 0 seals, 1 not sealed yet" in out.getvalue()
