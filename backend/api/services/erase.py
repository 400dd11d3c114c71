"""A patient erased everywhere: rows of every room, blobs, caches; with proof, and on record.

Rows go in one transaction, bytes after it. Releases that held the patient keep their number and
say that something was taken out; their archives go. What a model has learned cannot be unlearned:
versions trained on such releases are named in the proof.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from backend.annotations.models import Document, MaskBlob, Revision
from backend.audit.models import PATIENT_ERASED
from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.erasing import blobs_erase
from backend.core.errors import Forbidden, NotFound
from backend.core.models import Job
from backend.core.sweep import blobs_referred_to
from backend.exports.models import Export
from backend.imaging.models import (
    ClinicalEntry,
    Cohort,
    CohortStudy,
    Grid,
    IngestItem,
    Instance,
    Patient,
    QuarantinedFile,
    SealedIdentity,
    Series,
    SourceFile,
    Study,
    StudyTag,
)
from backend.imaging.selectors.cache import cache_files_of
from backend.inference.models import FeatureBlob, ModelVersion, Prediction
from backend.projects.models import Unit
from backend.releases.domain import manifest_checksum
from backend.releases.models import Release, ReleaseItem
from backend.releases.selectors import item_records, manifest_head
from backend.worklists.models import Task

_HASH = re.compile(r"[0-9a-f]{64}")
ERASED = "(a patient was erased)"


@dataclass
class Proof:
    """What went, and what was looked for afterwards and not found."""

    patient: str
    removed: dict[str, int] = field(default_factory=dict)
    releases_marked: list[str] = field(default_factory=list)
    versions_trained_on_them: list[str] = field(default_factory=list)
    blobs_sha256: str = ""
    left: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether nothing is left."""
        return not any(self.left.values())

    def document(self) -> dict[str, Any]:
        """Return the proof as plain values."""
        return {**asdict(self), "holds": self.holds}


@dataclass
class _Found:
    """Everything that hangs on a patient, by key."""

    patient: Patient
    grids: list[UUID]
    units: list[UUID]
    documents: list[UUID]
    instances: list[int]
    shas: set[str]
    sop_uids: list[str]


def patient_erase(*, actor: Actor, patient_id: UUID, reason: str) -> Proof:
    """Erase a patient everywhere and return the proof; only administrators may."""
    if not actor.is_admin:
        raise Forbidden("Only administrators may erase a patient.")
    proof = Proof(str(patient_id))
    with transaction.atomic():
        patient = Patient.objects.select_for_update(no_key=True).filter(pk=patient_id).first()
        if patient is None:
            raise NotFound("There is no such patient.")
        found = _find(patient)
        blobs = set(found.shas)
        _erase_work(found, proof, blobs)
        _erase_jobs(found, proof, blobs)
        _erase_images(found, proof, blobs)
        audit_record(
            actor=actor,
            verb=PATIENT_ERASED,
            target_id=patient_id,
            reason=reason,
            removed=proof.removed,
        )
    _erase_bytes(found, proof, blobs)
    proof.left = _left(found, patient_id)
    audit_record(
        actor=actor,
        verb="patient.erasure_proved",
        target_id=patient_id,
        proof=proof.document(),
    )
    return proof


def _find(patient: Patient) -> _Found:
    series = Series.objects.filter(study__patient=patient)
    grids = Grid.objects.filter(series__in=series).values_list("pk", flat=True)
    units = Unit.objects.filter(grid__in=grids).values_list("pk", flat=True)
    documents = Document.objects.filter(grid__in=grids).values_list("pk", flat=True)
    instances = list(
        Instance.objects.filter(series__in=series).values_list("pk", "blob_sha256", "sop_uid")
    )
    sources = SourceFile.objects.filter(series__in=series).values_list("sha256", flat=True)
    return _Found(
        patient=patient,
        grids=list(grids),
        units=list(units),
        documents=list(documents),
        instances=[pk for pk, _, _ in instances],
        shas={sha256 for _, sha256, _ in instances} | set(sources),
        sop_uids=[uid for _, _, uid in instances],
    )


def _count(proof: Proof, what: str, rows: QuerySet[Any]) -> None:
    proof.removed[what] = proof.removed.get(what, 0) + rows.count()
    rows.delete()


def _erase_work(found: _Found, proof: Proof, blobs: set[str]) -> None:
    """Remove labels, proposals and tasks; mark the releases, drop their archives."""
    items = ReleaseItem.objects.filter(Q(patient=found.patient) | Q(document__in=found.documents))
    releases = list(Release.objects.filter(items__in=items).distinct())
    versions = ModelVersion.objects.filter(training_release__in=releases)
    proof.versions_trained_on_them = [str(pk) for pk in versions.values_list("pk", flat=True)]
    _count(proof, "release_items", items)
    for release in releases:
        release.name = f"{release.name[:130]} {ERASED}"
        release.checksum = manifest_checksum(manifest_head(release), item_records(release.pk))
        release.save(update_fields=["name", "checksum"])
    proof.releases_marked = [str(release.pk) for release in releases]
    exports = Export.objects.filter(release__in=releases)
    blobs.update(filter(None, exports.values_list("archive_sha256", flat=True)))
    _count(proof, "exports", exports)
    masks = _masks(Revision.objects.filter(document__in=found.documents))
    _count(proof, "tasks", Task.objects.filter(unit__in=found.units))
    _count(proof, "predictions", Prediction.objects.filter(unit__in=found.units))
    _count(proof, "revisions", Revision.objects.filter(document__in=found.documents))
    _count(proof, "documents", Document.objects.filter(pk__in=found.documents))
    _count(proof, "units", Unit.objects.filter(pk__in=found.units))
    _count(proof, "masks", MaskBlob.objects.filter(pk__in=masks - _masks_in_use(masks)))
    keys = Q(pk__in=[])
    for pk in found.instances:
        keys |= Q(frame_key__startswith=f"{pk}.")
    features = FeatureBlob.objects.filter(keys)
    blobs.update(features.values_list("sha256", flat=True))
    _count(proof, "features", features)


def _masks(revisions: QuerySet[Revision]) -> set[str]:
    found: set[str] = set()
    for delta, snapshot in revisions.values_list("delta", "snapshot").iterator(500):
        for state in (delta, snapshot or {}):
            found.update(filter(None, state.get("masks", {}).values()))
    return found


def _masks_in_use(masks: set[str]) -> set[str]:
    """Return those of the masks that a revision still holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT each.value FROM annotations_revision, jsonb_each_text("
            "coalesce(delta->'masks', '{}') || coalesce(snapshot->'masks', '{}')) AS each"
            " WHERE each.value = ANY(%s)",
            [sorted(masks)],
        )
        return {row[0] for row in cursor.fetchall()}


def _erase_jobs(found: _Found, proof: Proof, blobs: set[str]) -> None:
    """Empty the messages of jobs that name this patient's units, grids or files."""
    words = [str(pk) for pk in (*found.units, *found.grids, *found.documents)]
    patterns = [f"%{word}%" for word in (*words, *sorted(found.shas))]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, request::text, coalesce(answer::text, '') FROM core_job"
            " WHERE request::text LIKE ANY(%s) OR answer::text LIKE ANY(%s)",
            [patterns, patterns],
        )
        rows = cursor.fetchall()
    for _, request, answer in rows:
        blobs.update(_HASH.findall(request + answer))
    emptied = Job.objects.filter(pk__in=[row[0] for row in rows])
    proof.removed["job_messages"] = emptied.update(request={}, answer={})


def _erase_images(found: _Found, proof: Proof, blobs: set[str]) -> None:
    patient = found.patient
    items = IngestItem.objects.filter(
        Q(instance__in=found.instances) | Q(sop_uid__in=found.sop_uids) | Q(sha256__in=found.shas)
    )
    held = QuarantinedFile.objects.filter(
        Q(sop_uid__in=found.sop_uids) | Q(file_sha256__in=found.shas)
    )
    if patient.patient_id:
        held = held | QuarantinedFile.objects.filter(patient_id=patient.patient_id)
    blobs.update(held.values_list("file_sha256", flat=True))
    blobs.update(filter(None, items.values_list("sha256", flat=True)))
    _count(proof, "quarantined_files", held)
    _count(proof, "ingest_items", items)
    _erase_curation(patient, proof)
    _count(proof, "grids", Grid.objects.filter(pk__in=found.grids))
    _count(proof, "instances", Instance.objects.filter(pk__in=found.instances))
    _count(proof, "series", Series.objects.filter(study__patient=patient))
    _count(proof, "studies", Study.objects.filter(patient=patient))
    sealed = SealedIdentity.objects.filter(pseudonym=patient.patient_id)
    _count(proof, "sealed_identities", sealed)
    _count(proof, "patients", Patient.objects.filter(pk=patient.pk))


def _erase_curation(patient: Patient, proof: Proof) -> None:
    """Erase what people wrote about a patient, saved searches that name them included."""
    _count(proof, "clinical_entries", ClinicalEntry.objects.filter(patient=patient))
    _count(proof, "study_tags", StudyTag.objects.filter(study__patient=patient))
    _count(proof, "cohort_studies", CohortStudy.objects.filter(study__patient=patient))
    said = f"{patient.patient_id} {patient.name}".casefold().replace("^", " ").replace("=", " ")
    words = {word for word in said.split() if len(word) > 2}
    searches = Cohort.objects.filter(filter__isnull=False).values_list("pk", "filter__search")
    naming = [
        pk for pk, search in searches if search and any(word in search.casefold() for word in words)
    ]
    _count(proof, "saved_searches", Cohort.objects.filter(pk__in=naming))


def _erase_bytes(found: _Found, proof: Proof, blobs: set[str]) -> None:
    gone = blobs_erase(blobs)
    proof.removed["blobs"] = len(gone)
    proof.blobs_sha256 = hashlib.sha256(json.dumps(gone).encode()).hexdigest()
    paths = list(_cached(found))
    for path in paths:
        path.unlink(missing_ok=True)
    proof.removed["cache_files"] = len(paths)


def _cached(found: _Found) -> Iterable[Path]:
    return cache_files_of({*found.shas, *(str(pk) for pk in found.grids)})


def _left(found: _Found, patient_id: UUID) -> dict[str, int]:
    """Look again, in every place, for what should be gone."""
    referred = blobs_referred_to(found.shas)
    return {
        "patients": Patient.objects.filter(pk=patient_id).count(),
        "instances": Instance.objects.filter(pk__in=found.instances).count(),
        "documents": Document.objects.filter(pk__in=found.documents).count(),
        "rows_that_name_a_file": len(referred),
        "blobs": sum(blob_store().exists(sha256) for sha256 in found.shas - referred),
        "cache_files": len(list(_cached(found))),
    }
