"""Files of a delivery tried again that failed for a reason outside of them: a full disk, a fault.

A file can be tried again while its bytes are here: in the store, or as an upload that was kept
because of them. A second attempt goes through the same doors as the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.errors import Conflict
from backend.core.models import Job
from backend.core.services import Progress, job_create
from backend.imaging.domain.messages_runs import RunRetryOut
from backend.imaging.models import IngestItem, IngestRun, Upload
from backend.imaging.selectors.frames import local_file
from backend.imaging.selectors.runs import run_failed_outside, run_get, run_out
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.ingest import run_actor, run_complete
from backend.imaging.services.store import BATCH, Delivery, batch_store
from backend.imaging.services.uploads import upload_is_here, upload_take_in
from backend.imaging.task_names import RETRY_RUN

RETRYING = "retrying"


@dataclass(frozen=True)
class _Waiting:
    """What can be tried again: uploads as a whole, files whose bytes are in the store."""

    uploads: Sequence[Upload]
    in_uploads: int
    stored: Sequence[IngestItem]
    gone: int


def run_retry(*, actor: Actor, run_id: UUID) -> RunRetryOut:
    """Begin to try again what can be; refuses where there is nothing of the kind."""
    run_get(actor=actor, run_id=run_id)
    with transaction.atomic():
        run = IngestRun.objects.select_for_update(no_key=True).get(pk=run_id)
        if run.state not in {"finished", RETRYING}:
            raise Conflict("This delivery is still being taken in; wait until it is finished.")
        waiting = _waiting(run)
        retried = waiting.in_uploads + len(waiting.stored)
        if not retried and not waiting.gone:
            raise Conflict("Nothing in this delivery failed for a reason outside of its files.")
        if retried:
            run.state = RETRYING
            run.save(update_fields=["state"])
            _begin(actor, run)
        audit_record(
            actor=actor, verb="ingest.retried", target_id=run_id, files=retried, gone=waiting.gone
        )
    return RunRetryOut(
        run=run_out(run), retried=retried, gone=waiting.gone, sentence=_sentence(retried, waiting)
    )


def _begin(actor: Actor, run: IngestRun) -> None:
    job_create(
        actor=actor,
        kind=RETRY_RUN,
        queue="default",
        request={"run_id": str(run.pk)},
        dedupe_key=str(run.pk),
    )


def _sentence(retried: int, waiting: _Waiting) -> str:
    words = []
    if retried:
        words.append(
            "One file is tried again." if retried == 1 else f"{retried} files are tried again."
        )
    if waiting.gone == 1:
        words.append("One is no longer here; send it again.")
    elif waiting.gone:
        words.append(f"{waiting.gone} are no longer here; send them again.")
    return " ".join(words)


def _waiting(run: IngestRun) -> _Waiting:
    failed = list(run_failed_outside(run).select_related("upload").order_by("pk"))
    uploads = {item.upload_id: item.upload for item in failed if item.upload is not None}
    here = {pk: upload for pk, upload in uploads.items() if upload_is_here(upload)}
    of_uploads = [item for item in failed if item.upload_id in here]
    others = [item for item in failed if item.upload_id not in here]
    stored = [item for item in others if item.sha256 and blob_store().exists(item.sha256)]
    return _Waiting(
        uploads=list(here.values()),
        in_uploads=len(of_uploads),
        stored=stored,
        gone=len(others) - len(stored),
    )


def run_retry_job(job: Job, progress: Progress) -> dict[str, Any]:
    """Try again, on the default queue; doing it twice does no harm."""
    run = IngestRun.objects.select_related("policy").get(pk=job.request["run_id"])
    actor = run_actor(run)
    waiting = _waiting(run)
    for upload in waiting.uploads:
        progress(0.0, "Taking the files in again")
        run_failed_outside(run).filter(upload=upload).delete()
        upload_take_in(actor, upload)
    for first in range(0, len(waiting.stored), BATCH):
        progress(0.0, "Taking the files in again")
        delivery = Delivery(actor=actor, run=run, converts=True)
        _again(delivery, waiting.stored[first : first + BATCH])
    run_complete(actor=actor, run=run, progress=progress)
    return {"run_id": str(run.pk)}


@transaction.atomic
def _again(delivery: Delivery, items: Sequence[IngestItem]) -> None:
    """Take stored bytes in once more; a policy has been applied to them before."""
    batch = [Incoming(item.name, local_file(item.sha256)) for item in items]
    IngestItem.objects.filter(pk__in=[item.pk for item in items]).delete()
    batch_store(delivery, batch)
