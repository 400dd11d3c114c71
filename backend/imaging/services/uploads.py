"""Files that arrive piece by piece, and survive a broken connection.

A piece is durable before its offset is: the file is synced, then the row is moved on by a
conditional UPDATE. Of two senders of the same piece one is told where the file stands.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid, Unavailable
from backend.core.models import Job
from backend.core.services import Progress, job_create
from backend.imaging.domain.messages import UploadOut
from backend.imaging.domain.rejections import OUTSIDE
from backend.imaging.models import Instance, Upload
from backend.imaging.selectors.runs import run_get, upload_get, upload_out
from backend.imaging.services.clearing import clearing_of, neutral_name
from backend.imaging.services.grids import grids_later
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.ingest import files_ingest, run_look_again
from backend.imaging.services.unpacking import incoming_from
from backend.imaging.task_names import INGEST_UPLOAD

PIECE_BYTES = 1 << 20
COMMIT_EVERY_BYTES = 8 << 20
# Larger files are taken in by a job, so that the request does not hold a web thread for long.
INGEST_AT_ONCE_BYTES = 64 << 20


class OffsetConflict(Conflict):
    """The piece does not continue the file where it stands."""

    code = "upload.offset_conflict"


@transaction.atomic
def upload_create(*, actor: Actor, run_id: UUID, name: str, size: int) -> Upload:
    """Announce a file of a delivery."""
    run = run_get(actor=actor, run_id=run_id)
    if run.state != "open":
        raise Conflict("This delivery is closed; begin another.")
    if size > settings.LIMN_UPLOAD_MAX_BYTES:
        gib = settings.LIMN_UPLOAD_MAX_BYTES / 1024**3
        raise Invalid(f"Files up to {gib:.0f} GiB are taken in here; this one is larger.")
    if actor.user_id is None:
        raise Invalid("Uploads belong to a person.")
    upload = Upload.objects.create(
        run=run, user_id=actor.user_id, name=name.replace("\0", ""), size_bytes=size
    )
    _path(upload).parent.mkdir(parents=True, exist_ok=True)
    _path(upload).touch()
    return upload


def upload_append(
    *, actor: Actor, upload_id: UUID, offset: int, read: Callable[[int], bytes]
) -> UploadOut:
    """Add what `read(size)` yields at `offset`; take the file in once it is whole.

    What arrived before a connection broke stays, and the sender goes on from there.
    """
    upload = upload_get(actor=actor, upload_id=upload_id)
    if offset != upload.offset_bytes or upload.state != "receiving":
        raise OffsetConflict(
            "The file stands elsewhere; go on from the offset given.", offset=upload.offset_bytes
        )
    _receive(upload, read)
    if upload.offset_bytes < upload.size_bytes:
        return upload_out(upload)
    return _complete(actor, upload)


def _path(upload: Upload) -> Path:
    path: Path = settings.LIMN_UPLOADS / f"{upload.pk}.part"
    return path


def _receive(upload: Upload, read: Callable[[int], bytes]) -> None:
    try:
        with _path(upload).open("r+b") as file:
            file.seek(upload.offset_bytes)
            pending = 0
            while piece := _next_piece(upload, read, pending):
                file.write(piece)
                pending += len(piece)
                if pending >= COMMIT_EVERY_BYTES:
                    pending = _commit(upload, file.fileno(), file.flush, pending)
            _commit(upload, file.fileno(), file.flush, pending)
    except FileNotFoundError:
        raise Conflict("What had arrived of this file is gone; send it again.") from None
    except OSError as error:
        raise Unavailable("The disk could not take the file; try again later.") from error


def _next_piece(upload: Upload, read: Callable[[int], bytes], pending: int) -> bytes:
    wanted = min(PIECE_BYTES, upload.size_bytes - upload.offset_bytes - pending)
    if wanted <= 0:
        return b""
    try:
        return read(wanted)
    except OSError:  # the connection broke: what came before it is kept
        return b""


def _commit(upload: Upload, descriptor: int, flush: Callable[[], None], arrived: int) -> int:
    """Make what arrived durable, then move the offset on; returns 0, what is pending after it."""
    if not arrived:
        return 0
    flush()
    os.fsync(descriptor)
    moved = Upload.objects.filter(
        pk=upload.pk, offset_bytes=upload.offset_bytes, state="receiving"
    ).update(offset_bytes=upload.offset_bytes + arrived, updated_at=timezone.now())
    if not moved:
        upload.refresh_from_db(fields=["offset_bytes"])
        raise OffsetConflict(
            "Another connection has sent this piece meanwhile.", offset=upload.offset_bytes
        )
    upload.offset_bytes += arrived
    return 0


def _complete(actor: Actor, upload: Upload) -> UploadOut:
    if upload.size_bytes <= INGEST_AT_ONCE_BYTES:
        if not _claim(upload, "ingesting"):
            return upload_out(upload)
        try:
            upload_take_in(actor, upload)
        except BaseException:
            Upload.objects.filter(pk=upload.pk).update(state="receiving")
            raise
        return upload_out(upload)
    with transaction.atomic():
        if _claim(upload, "ingesting"):
            upload_take_in_later(actor=actor, upload=upload)
    return upload_out(upload)


def upload_take_in_later(*, actor: Actor, upload: Upload) -> None:
    """Have a whole upload taken in by a job, in the caller's transaction."""
    job = job_create(
        actor=actor,
        kind=INGEST_UPLOAD,
        queue="default",
        request={"upload_id": str(upload.pk)},
        dedupe_key=str(upload.pk),
    )
    Upload.objects.filter(pk=upload.pk).update(job_id=job.pk)
    upload.job_id = job.pk


def _claim(upload: Upload, state: str) -> bool:
    claimed = Upload.objects.filter(pk=upload.pk, state="receiving").update(
        state=state, updated_at=timezone.now()
    )
    upload.state = state
    return bool(claimed)


def upload_is_here(upload: Upload) -> bool:
    """Tell whether the bytes of an upload still lie on this machine."""
    return _path(upload).is_file()


def upload_take_in(actor: Actor, upload: Upload) -> bool:
    """Take a whole upload in, once; members that an earlier attempt has taken are left out.

    One process does it at a time, held by a lock that ends with the process. Returns False where
    another one is at it.
    """
    with alone_with(upload) as is_alone:
        if is_alone:
            _take_in(actor, upload)
    return is_alone


@contextmanager
def alone_with(upload: Upload) -> Iterator[bool]:
    """Hold the lock of an upload; yields False where another process holds it."""
    key = upload.pk.int & 0x7FFF_FFFF_FFFF_FFFF
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _take_in(actor: Actor, upload: Upload) -> None:
    run = upload.run
    clearing = clearing_of(run)
    done = set(upload.items.values_list("name", flat=True))

    def is_new(file: Incoming) -> bool:
        names = {file.name, neutral_name(clearing, file.name) if clearing else file.name}
        return not names & done

    files = (file for file in incoming_from(_path(upload), upload.name) if is_new(file))
    items = list(files_ingest(actor=actor, run=run, files=files, upload=upload, converts=True))
    touched = Instance.objects.filter(pk__in=[item.instance_id for item in items])
    is_over = not any(item.code in OUTSIDE for item in items)
    with transaction.atomic():
        # The name that a sender gave may be a patient's: under a policy it has done its duty.
        forgotten = {"name": "de-identified"} if run.policy_id and is_over else {}
        Upload.objects.filter(pk=upload.pk).update(state="done", **forgotten)
        stale = touched.filter(series__grids_stale=True).values_list("series_id", flat=True)
        grids_later(actor=actor, series_ids=stale)
    upload.state = "done"
    if is_over:  # else it can be tried again, for as long as a broken-off upload is kept
        with suppress(OSError):
            _path(upload).unlink()
    run_look_again(actor=actor, run_id=upload.run_id)


def upload_ingest_job(job: Job, progress: Progress) -> dict[str, Any]:
    """Take in a large upload, or one whose process died, on the default queue."""
    upload = Upload.objects.select_related("run__policy").get(pk=job.request["upload_id"])
    if upload.state == "done":
        return {}
    progress(0.0, "Taking the files in")
    if not upload_take_in(Actor(user_id=upload.user_id), upload):
        raise Unavailable("Another process is taking this file in.")
    return {"upload_id": str(upload.pk)}
