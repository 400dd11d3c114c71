"""Writing an export: item by item into an archive, each file read back before it goes in.

A file that differs from what was labelled fails the export loudly; an item that the format cannot
say is left out with a sentence, and the others go on. Memory holds one item at a time. And if it
dies here? The folder it worked in is thrown away and a second attempt starts again; the archive
becomes the export's only in the transaction that ends the job.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from backend.annotations.selectors import mask_bytes
from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.blobs import blob_store, file_chunks
from backend.core.errors import Invalid
from backend.core.models import Job
from backend.core.services import Progress, job_finish
from backend.exports.domain.dicom_seg import ModelName, SegContext
from backend.exports.domain.item import Item, ItemRefused, ProofFailed, SegmentInfo, item_name
from backend.exports.domain.messages import FILES_SHOWN, FileOut, LeftOut, Proof
from backend.exports.models import Export
from backend.exports.services.archive import Archive
from backend.exports.services.formats import FORMATS, Format, Setting, Written
from backend.inference.selectors import model_names
from backend.releases.domain import manifest_pieces
from backend.releases.models import Release
from backend.releases.selectors import item_records, manifest_head


class ExportProofFailed(Invalid):
    """A file that was read back differs from what was labelled; nothing is offered."""

    code = "exports.proof_failed"


class NothingWritable(Invalid):
    """The format can say none of the release's items."""

    code = "exports.nothing_writable"


@dataclass
class _Findings:
    """What reading back has found so far."""

    checked: int = 0
    equal: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def note(self, written: Written) -> None:
        """Count a proven file."""
        self.checked += written.proof.voxels
        self.equal += written.proof.equal
        entry = {"name": written.name, "voxels": written.proof.voxels}
        self.files.append({**entry, "equal": written.proof.equal, **written.facts})


def export_write(job: Job, progress: Progress) -> dict[str, Any]:
    """Write, prove and offer the export of a job."""
    export = Export.objects.select_related("release__project", "release__schema").get(job=job)
    folder = settings.LIMN_DATA / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        path = Path(name) / "archive.zip"
        try:
            proof = _fill(export, path, progress)
        except ProofFailed as error:
            raise ExportProofFailed(
                f"{error.name} was read back and differs: {error.detail}. "
                "Nothing is offered; please tell your administrator.",
                file=error.name,
            ) from error
        with path.open("rb") as archive:
            blob = blob_store().put(file_chunks(archive))
    answer = {"sha256": blob.sha256, "size": blob.size, "checked": proof.checked}
    with transaction.atomic():
        export.proof = proof.model_dump(mode="json")
        export.archive_sha256, export.archive_size = blob.sha256, blob.size
        export.save(update_fields=["proof", "archive_sha256", "archive_size"])
        audit_record(
            actor=Actor(user_id=export.created_by_id),
            verb="export.proven",
            target_id=export.pk,
            project_id=export.release.project_id,
            sha256=blob.sha256,
        )
        job_finish(job_id=job.pk, attempt=job.attempt, answer=answer)
    return answer


def _fill(export: Export, path: Path, progress: Progress) -> Proof:
    release, findings = export.release, _Findings()
    writer: Format = FORMATS[export.format](_setting(release, path.parent))
    archive = Archive(path)
    try:
        total = max(release.summary["item_count"], 1)
        for number, (record, creator) in enumerate(_records(release), start=1):
            _write_item(archive, writer, findings, record, creator)
            progress(number / total, f"Writing and reading back: {number} of {total}")
        if not findings.files:
            raise NothingWritable(_why_nothing(findings))
        _take(archive, findings, writer.finish())
        archive.add_pieces(
            "manifest.json", manifest_pieces(manifest_head(release), item_records(release.pk))
        )
        archive.add_json("export.json", _description(export, findings, writer.remarks))
        archive.close()
    finally:
        archive.abandon()
    return Proof(
        checked=findings.checked,
        equal=findings.equal,
        file_count=len(findings.files),
        files=[FileOut.model_validate(entry) for entry in findings.files[:FILES_SHOWN]],
        left_out=findings.left_out,
        remarks=writer.remarks,
    )


def _write_item(
    archive: Archive,
    writer: Format,
    findings: _Findings,
    record: dict[str, Any],
    creator: str | None,
) -> None:
    try:
        masks = mask_bytes({mask["sha256"] for mask in record["masks"]})
        _take(archive, findings, writer.item(Item.of(record, masks), creator))
    except ItemRefused as error:
        findings.left_out.append(LeftOut(name=item_name(record), reason=str(error)))


def _take(archive: Archive, findings: _Findings, files: Iterator[Written]) -> None:
    for written in files:
        archive.add(written.name, written.content)
        findings.note(written)


def _records(release: Release) -> Iterator[tuple[dict[str, Any], str | None]]:
    people = {person["id"]: person["name"] for person in release.summary["labelled_by"]}
    for text in item_records(release.pk):
        record = json.loads(text)
        yield record, people.get(record["reader"])


def _setting(release: Release, folder: Path) -> Setting:
    schema = release.schema.document
    return Setting(
        folder=folder,
        segments=[SegmentInfo.of(segment) for segment in schema["segments"]],
        shapes=schema["shapes"],
        seg_context=SegContext(
            seed=release.checksum,
            software_version=settings.LIMN_VERSION,
            creator=None,
            created_at=release.created_at,
            models=_models(release),
        ),
        info={
            "description": f"{release.project.name}, {release.name}",
            "version": str(release.number),
            "date_created": release.created_at.date().isoformat(),
            "contributor": "Limn",
            "release_sha256": release.checksum,
        },
    )


def _models(release: Release) -> dict[str, ModelName]:
    """Return the names of all models that had a part in the labels."""
    versions: set[str] = set()
    for text in item_records(release.pk):
        for origin in json.loads(text)["provenance"].get("segments", {}).values():
            versions |= set(origin["model_version_ids"])
    named = model_names(version_ids=versions)
    return {version: ModelName(*names) for version, names in named.items()}


def _description(export: Export, findings: _Findings, remarks: list[str]) -> dict[str, Any]:
    release = export.release
    return {
        "format": export.format,
        "release": {"number": release.number, "name": release.name, "sha256": release.checksum},
        "limn": settings.LIMN_VERSION,
        "checked": findings.checked,
        "equal": findings.equal,
        "files": findings.files,
        "left_out": [item.model_dump() for item in findings.left_out],
        "remarks": remarks,
    }


def _why_nothing(findings: _Findings) -> str:
    reasons = dict.fromkeys(item.reason for item in findings.left_out)
    return f"Nothing of this release can be written in this format. {' '.join(reasons)}"
