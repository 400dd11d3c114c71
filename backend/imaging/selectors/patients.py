"""Patients as somebody sees them: those with a study that one may see."""

from uuid import UUID

from django.db.models import F

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.messages_patients import (
    ClinicalListOut,
    ClinicalOut,
    PatientDetailOut,
    PatientStudyOut,
)
from backend.imaging.models import ClinicalEntry, Patient
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.studies import audiences_of, patient_out, studies_out


def patient_get(*, actor: Actor, patient_id: UUID) -> Patient:
    """Return one patient."""
    seen = studies_visible_to(actor=actor).filter(patient_id=patient_id)
    patient = Patient.objects.filter(pk=patient_id).first() if seen.exists() else None
    if patient is None:
        raise NotFound("There is no such patient.")
    return patient


def patient_detail(*, actor: Actor, patient_id: UUID) -> PatientDetailOut:
    """Return a patient with the studies one may see, oldest first."""
    patient = patient_get(actor=actor, patient_id=patient_id)
    visible = studies_visible_to(actor=actor).filter(patient=patient).select_related("patient")
    studies = list(visible.order_by("date", "time", "created_at"))
    audiences = audiences_of(actor=actor, studies=studies)
    return PatientDetailOut(
        **patient_out(patient).model_dump(),
        studies=[
            PatientStudyOut(**study.model_dump(), audience_ids=audiences[study.id])
            for study in studies_out(studies)
        ],
    )


def clinical_list(*, actor: Actor, patient_id: UUID, with_history: bool) -> ClinicalListOut:
    """Return what is known of a patient beside the images; with what was withdrawn if asked for."""
    patient = patient_get(actor=actor, patient_id=patient_id)
    entries = ClinicalEntry.objects.filter(patient=patient)
    if not with_history:
        entries = entries.filter(withdrawn_at=None)
    rows = entries.order_by(F("date").desc(nulls_last=True), "created_at", "pk")
    return ClinicalListOut(results=[clinical_out(row) for row in rows])


def clinical_out(row: ClinicalEntry) -> ClinicalOut:
    """Return an entry as the interface speaks of it."""
    names = ("kind", "name", "value", "unit", "date", "author_id", "created_at", "replaces_id")
    known = {name: getattr(row, name) for name in names}
    return ClinicalOut.model_validate({**known, "id": row.pk, "withdrawn_at": row.withdrawn_at})
