"""Read side of exports: who sees a project sees its exports; downloading takes the right to."""

import re
from uuid import UUID

from django.db.models import QuerySet

from backend.core.actor import Actor
from backend.core.errors import Conflict, NotFound
from backend.core.models import Job
from backend.exports.domain.messages import ExportFormat, ExportList, ExportOut, Proof
from backend.exports.models import Export
from backend.inference.selectors import job_out
from backend.projects.selectors import project_get_for, project_verbs
from backend.releases.selectors import release_row

FORMAT_NAMES: dict[str, ExportFormat] = {
    "dicom-seg": "dicom-seg",
    "nifti": "nifti",
    "coco": "coco",
}


class NotProven(Conflict):
    """The export is not written yet, or its proof failed."""

    code = "exports.not_ready"


def _exports() -> QuerySet[Export]:
    return Export.objects.select_related("job", "release__project").defer(
        "job__request", "job__answer", "release__manifest_head"
    )


def export_row(*, actor: Actor, export_id: UUID, verb: str = "view") -> Export:
    """Return an export of a project the actor may see."""
    export = _exports().filter(pk=export_id).first()
    if export is None or not project_verbs(actor=actor, project_id=export.release.project_id):
        raise NotFound("There is no such export.")
    project_get_for(actor=actor, project_id=export.release.project_id, verb=verb)
    return export


def export_get(*, actor: Actor, export_id: UUID, site: str) -> ExportOut:
    """Return an export; `site` is the address that people reach Limn at."""
    return export_out(export_row(actor=actor, export_id=export_id), site=site)


def exports_of_release(*, actor: Actor, release_id: UUID, site: str) -> ExportList:
    """Return a release's exports, newest first."""
    release = release_row(actor=actor, release_id=release_id)
    rows = _exports().filter(release=release).order_by("-created_at")
    return ExportList(results=[export_out(row, site=site) for row in rows])


def export_download(*, actor: Actor, export_id: UUID) -> tuple[str, str]:
    """Return hash and file name of a proven export's archive."""
    export = export_row(actor=actor, export_id=export_id, verb="export")
    if not export.archive_sha256:
        raise NotProven("This export is not ready. It is offered once it was read back and equal.")
    return export.archive_sha256, archive_name(export)


def archive_name(export: Export) -> str:
    """Return the archive's file name: the project, the release's number, the format."""
    words = re.sub(r"[^a-z0-9]+", "-", export.release.project.name.lower()).strip("-")
    return f"{words or 'limn'}-release-{export.release.number}-{export.format}.zip"


def export_out(export: Export, *, site: str) -> ExportOut:
    """Return the row as it travels."""
    ready = bool(export.archive_sha256)
    address = f"/api/v1/exports/{export.pk}/download"
    command = (
        f'curl -fL -H "Authorization: Bearer $LIMN_TOKEN" -o {archive_name(export)} '
        f"{site.rstrip('/')}{address}"
    )
    job = job_out(export.job)
    return ExportOut(
        id=export.pk,
        release_id=export.release_id,
        project_id=export.release.project_id,
        format=FORMAT_NAMES[export.format],
        state=Job.State(export.job.state).value,
        job=job,
        proof=Proof.model_validate(export.proof) if export.proof else None,
        size=export.archive_size if ready else None,
        sha256=export.archive_sha256 or None,
        download_url=address if ready else None,
        command=command if ready else None,
        created_at=export.created_at,
    )
