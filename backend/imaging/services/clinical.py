"""Clinical data beside the images: written, corrected and withdrawn, never overwritten."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid, NotFound
from backend.imaging.domain.clinical_table import NoTable, clinical_lines
from backend.imaging.domain.messages_patients import (
    ClinicalCsvOut,
    ClinicalIn,
    RefusedLineOut,
)
from backend.imaging.models import ClinicalEntry, Patient
from backend.imaging.selectors.patients import patient_get


@transaction.atomic
def clinical_add(*, actor: Actor, patient_id: UUID, body: ClinicalIn) -> ClinicalEntry:
    """Write an entry."""
    patient = patient_get(actor=actor, patient_id=patient_id)
    entry = _entry(actor, patient, body)
    entry.save(force_insert=True)
    audit_record(
        actor=actor, verb="clinical.added", target_id=entry.pk, patient=str(patient.pk), count=1
    )
    return entry


@transaction.atomic
def clinical_correct(
    *, actor: Actor, patient_id: UUID, entry_id: UUID, body: ClinicalIn
) -> ClinicalEntry:
    """Put another entry in the place of one; the old one stays to be read."""
    patient, old = _current(actor, patient_id, entry_id)
    entry = _entry(actor, patient, body)
    entry.replaces = old
    entry.save(force_insert=True)
    _withdraw(actor, old)
    audit_record(actor=actor, verb="clinical.corrected", target_id=entry.pk, replaces=str(old.pk))
    return entry


@transaction.atomic
def clinical_withdraw(*, actor: Actor, patient_id: UUID, entry_id: UUID) -> None:
    """Withdraw an entry; it stays to be read."""
    _, old = _current(actor, patient_id, entry_id)
    _withdraw(actor, old)
    audit_record(actor=actor, verb="clinical.withdrawn", target_id=old.pk)


@transaction.atomic
def clinical_import(*, actor: Actor, patient_id: UUID, text: str) -> ClinicalCsvOut:
    """Write what a table says; lines that say nothing sensible are left and told."""
    patient = patient_get(actor=actor, patient_id=patient_id)
    try:
        lines = list(clinical_lines(text.replace("\0", "")))
    except NoTable as error:
        raise Invalid(str(error)) from None
    entries = [_entry(actor, patient, said) for _, said in lines if isinstance(said, ClinicalIn)]
    ClinicalEntry.objects.bulk_create(entries)
    if entries:
        audit_record(actor=actor, verb="clinical.added", target_id=patient.pk, count=len(entries))
    refused = [
        RefusedLineOut(line=number, reason=said) for number, said in lines if isinstance(said, str)
    ]
    return ClinicalCsvOut(added=len(entries), refused=refused)


def _entry(actor: Actor, patient: Patient, body: ClinicalIn) -> ClinicalEntry:
    texts = {
        name: value.replace("\0", "").strip()
        for name, value in body.model_dump(include={"name", "value", "unit"}).items()
    }
    return ClinicalEntry(
        patient=patient, kind=body.kind, date=body.date, author_id=actor.user_id, **texts
    )


def _current(actor: Actor, patient_id: UUID, entry_id: UUID) -> tuple[Patient, ClinicalEntry]:
    patient = patient_get(actor=actor, patient_id=patient_id)
    entry = (
        ClinicalEntry.objects.select_for_update(no_key=True)
        .filter(patient=patient, pk=entry_id)
        .first()
    )
    if entry is None:
        raise NotFound("There is no such entry.")
    if entry.withdrawn_at is not None:
        raise Conflict("Somebody has corrected or withdrawn this entry already.")
    return patient, entry


def _withdraw(actor: Actor, entry: ClinicalEntry) -> None:
    entry.withdrawn_at, entry.withdrawn_by_id = timezone.now(), actor.user_id
    entry.save(update_fields=["withdrawn_at", "withdrawn_by_id"])
