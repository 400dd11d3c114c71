"""Files that carry the identifier of a stored one but show something else: kept beside it.

The stored one is never touched. Somebody looks at both and keeps the second under identifiers of
its own, or discards it.
"""

from uuid import UUID

from backend.imaging.domain.deidentify.files import renew_meta, written
from backend.imaging.domain.header import derived_uid, text
from backend.imaging.domain.rejections import Rejected
from backend.imaging.models import IngestRun, QuarantinedFile
from backend.imaging.selectors.quarantine import UID_REUSED
from backend.imaging.services.rows import Fate, Ready
from ml_worker.pixels.whole_file import read_whole


def rival_hold(run: IngestRun, ready: Ready, *, name: str, audience_id: UUID | None) -> Fate:
    """Let a file wait for a person, in the caller's transaction; its bytes are in the store."""
    waiting = QuarantinedFile.objects.filter(file_sha256=ready.blob.sha256, state="waiting")
    if not waiting.filter(run__actor_id=run.actor_id, reason=UID_REUSED).exists():
        parsed = ready.parsed
        QuarantinedFile.objects.create(
            run=run,
            audience_id=audience_id,
            name=name,
            reason=UID_REUSED,
            file_sha256=ready.blob.sha256,
            size_bytes=ready.blob.size,
            sop_uid=ready.identity.sop_uid,
            sop_class_uid=parsed.sop_class_uid,
            patient_id=text(parsed.header, "00100020", 128),
            rows=parsed.pixels.rows if parsed.pixels else 0,
            columns=parsed.pixels.columns if parsed.pixels else 0,
            frame_count=parsed.pixels.frames if parsed.pixels else 0,
        )
    return Fate.refused(Rejected("imaging.uid_reused"), ready.blob.sha256)


def rival_renamed(content: bytes, row: QuarantinedFile) -> bytes:
    """Return the file under an instance and a series of its own; all files of a run share these.

    So the second version of a whole series becomes one series beside the first.
    """
    dataset = read_whole(content)
    series = str(dataset.get("SeriesInstanceUID") or row.sop_uid)
    dataset.SOPInstanceUID = derived_uid("rival instance", row.sop_uid, row.file_sha256)
    dataset.SeriesInstanceUID = derived_uid("rival series", series, str(row.run_id))
    said = str(dataset.get("SeriesDescription") or "").strip()
    dataset.SeriesDescription = f"{said[:48]} (sent again)".strip()
    renew_meta(dataset)
    return written(dataset)
