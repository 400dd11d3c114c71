"""Reads of policies and of files that wait for a person; a file's sender and administrators see it."""

import io
from typing import Literal
from uuid import UUID

import numpy as np
from django.db.models import Count, QuerySet
from PIL import Image

from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.errors import NotFound
from backend.core.http import cursor_encode
from backend.imaging.domain.deidentify.burned_in import REASONS
from backend.imaging.domain.deidentify.files import opened
from backend.imaging.domain.deidentify.policy import PRESETS
from backend.imaging.domain.deidentify.redact import frame_pictures
from backend.imaging.domain.messages_deid import (
    PolicyListOut,
    PolicyOut,
    PolicyVersionListOut,
    PolicyVersionOut,
    QuarantinedOut,
    QuarantineListOut,
    RunReportOut,
)
from backend.imaging.models import DeidPolicy, Instance, QuarantinedFile
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.paging import after_moment
from backend.imaging.selectors.runs import policy_label, run_get

PAGE = 100
WAITING = "waiting"
UID_REUSED = "uid_reused"
_REASONS = {
    **REASONS,
    UID_REUSED: "Another image with the same SOP Instance UID is stored already.",
}
Choice = Literal["redact", "release", "keep_both", "discard"]


def policies_list() -> PolicyListOut:
    """Return the newest version of every policy; presets that nobody has changed come as they are."""
    newest = DeidPolicy.objects.order_by("name", "-version").distinct("name")
    known = {row.name: policy_out(row) for row in newest}
    for name, preset in PRESETS.items():
        plain = PolicyOut(
            name=name, title=preset.title, version=1, digest=preset.digest, scopes=[],
            document=preset.document(),
        )  # fmt: skip
        known.setdefault(name, plain)
    return PolicyListOut(results=[known[name] for name in sorted(known)])


def policy_versions(*, name: str) -> PolicyVersionListOut:
    """Return every version of a policy, the newest first; a preset is its own first version."""
    rows = list(DeidPolicy.objects.filter(name=name).order_by("-version"))
    found = [
        PolicyVersionOut(**policy_out(row).model_dump(), created_at=row.created_at) for row in rows
    ]
    preset = PRESETS.get(name)
    if preset is not None and all(version.version != 1 for version in found):
        plain = PolicyVersionOut(
            name=name, title=preset.title, version=1, digest=preset.digest, scopes=[],
            document=preset.document(), created_at=None,
        )  # fmt: skip
        found.append(plain)
    if not found:
        raise NotFound("There is no such policy.")
    return PolicyVersionListOut(results=found)


def policy_out(row: DeidPolicy) -> PolicyOut:
    """Return a policy as the interface speaks of it."""
    return PolicyOut(
        name=row.name,
        title=row.document["title"],
        version=row.version,
        digest=row.digest,
        scopes=list(row.scopes),
        document=row.document,
    )


def run_report(*, actor: Actor, run_id: UUID) -> RunReportOut:
    """Return what a delivery's policy removed, changed and kept: counts, never values."""
    run = run_get(actor=actor, run_id=run_id)
    return RunReportOut(**{"policy": "", "digest": "", "files": 0, "done": {}, **run.report})


def quarantine_visible_to(*, actor: Actor) -> QuerySet[QuarantinedFile]:
    """Return the files that wait or waited, newest first: one's own, all for an administrator."""
    files = QuarantinedFile.objects.select_related("run__policy").order_by("-created_at", "-pk")
    return files if actor.is_admin else files.filter(run__actor_id=actor.user_id)


def quarantined_get(*, actor: Actor, file_id: UUID) -> QuarantinedFile:
    """Return one file."""
    found = quarantine_visible_to(actor=actor).filter(pk=file_id).first()
    if found is None:
        raise NotFound("There is no such file in quarantine.")
    return found


def quarantine_page(
    *, actor: Actor, state: str, cursor: str, reason: str = ""
) -> QuarantineListOut:
    """Return a page of files; those that wait unless another state is asked for."""
    files = quarantine_visible_to(actor=actor).filter(state=state or WAITING)
    reasons = dict(files.order_by().values_list("reason").annotate(files=Count("pk")))
    if reason:
        files = files.filter(reason=reason)
    if cursor:
        created_at, pk = after_moment(cursor)
        files = files.filter(created_at__lte=created_at).exclude(created_at=created_at, pk__gte=pk)
    rows = list(files[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return QuarantineListOut(
        results=[quarantined_out(row) for row in rows[:PAGE]],
        next=cursor_encode(last.created_at.isoformat(), str(last.pk)) if last else None,
        total=reasons.get(reason, 0) if reason else sum(reasons.values()),
        by_reason=reasons,
    )


def rival_of(*, actor: Actor, row: QuarantinedFile) -> Instance | None:
    """Return the stored instance whose identifier a file carries, if this actor may see it."""
    if row.reason != UID_REUSED:
        return None
    seen = studies_visible_to(actor=actor)
    return (
        Instance.objects.select_related("series")
        .filter(sop_uid=row.sop_uid, series__study__in=seen)
        .first()
    )


def choices_of(row: QuarantinedFile) -> list[Choice]:
    """Return what a person may decide about a file."""
    if row.reason == UID_REUSED:
        return ["keep_both", "discard"]
    return ["redact", "release", "discard"]


def quarantined_out(row: QuarantinedFile) -> QuarantinedOut:
    """Return a file as the interface speaks of it."""
    return QuarantinedOut(
        id=row.pk,
        run_id=row.run_id,
        name=row.name,
        state=row.state,
        reason=_REASONS.get(row.reason, row.reason),
        choices=choices_of(row),
        reason_code=row.reason,
        run_label=row.run.label,
        policy=policy_label(row.run),
        size=row.size_bytes,
        boxes=row.boxes,
        known_boxes=row.known_boxes,
        rows=row.rows,
        columns=row.columns,
        frame_count=row.frame_count,
        picture_url=f"/api/v1/quarantine/{row.pk}/picture" if row.state == WAITING else None,
        created_at=row.created_at,
        decided_at=row.decided_at,
    )


def quarantined_picture(
    *, actor: Actor, file_id: UUID, frame: int, of_stored: bool = False
) -> bytes:
    """Return a frame (from 1) as PNG in its own size, grey values spread over what is used.

    With `of_stored` it is that of the stored file whose identifier this one carries.
    """
    row = quarantined_get(actor=actor, file_id=file_id)
    stored = rival_of(actor=actor, row=row) if of_stored else None
    frames = stored.frame_count if stored else row.frame_count
    if row.state != WAITING or not 1 <= frame <= frames or of_stored is not bool(stored):
        raise NotFound("There is no such picture in quarantine.")
    with blob_store().open(stored.blob_sha256 if stored else row.file_sha256) as file:
        dataset = opened(file.read())
    try:
        picture = next(iter(frame_pictures(dataset, [frame - 1])))
    except Exception:  # noqa: BLE001  decoders raise anything
        raise NotFound("The picture cannot be decoded.") from None
    if picture.dtype != np.uint8:
        low, high = np.percentile(picture, [0.1, 99.97])
        spread = (picture - float(low)) / max(float(high - low), 1.0)
        picture = (np.clip(spread, 0, 1) * 255).astype(np.uint8)
    if str(dataset.get("PhotometricInterpretation")) == "MONOCHROME1":
        picture = 255 - picture
    target = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(target, "PNG", compress_level=3)
    return target.getvalue()
