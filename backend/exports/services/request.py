"""Asking for an export."""

from uuid import UUID

from django.db import transaction

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.services import job_create
from backend.exports.domain.messages import ExportFormat
from backend.exports.models import Export
from backend.exports.task_names import WRITE
from backend.releases.selectors import release_row


@transaction.atomic
def export_create(*, actor: Actor, release_id: UUID, format_name: ExportFormat) -> Export:
    """Queue an export; one of the same release and format that is being written is returned."""
    release = release_row(actor=actor, release_id=release_id, verb="export")
    job = job_create(
        actor=actor,
        kind=WRITE,
        queue="default",
        request={"release_id": str(release_id), "format": format_name},
        project_id=release.project_id,
        dedupe_key=f"{release_id}:{format_name}",
        max_attempts=3,
    )
    export = Export.objects.filter(job=job).first()
    if export is not None:
        return export
    export = Export.objects.create(
        release=release, format=format_name, job=job, created_by_id=actor.user_id
    )
    audit_record(
        actor=actor,
        verb="export.requested",
        target_id=export.pk,
        project_id=release.project_id,
        format=format_name,
    )
    return export
