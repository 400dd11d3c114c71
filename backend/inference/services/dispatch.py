"""From finished work to a training job: freeze a release, pack its labels, hand over.

A default-queue job, so that the request that asked for a training is quick. And if it dies here?
A second attempt finds the release that the first one froze, packs again (equal bytes are stored
once), and the training job appears in the transaction that ends this one.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.annotations.selectors import mask_bytes
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.models import Job
from backend.core.services import Progress, job_create, job_finish
from backend.imaging.selectors import volume_ref
from backend.inference.models import TrainingRun
from backend.inference.services.training import check_enough
from backend.inference.task_names import TRAIN
from backend.projects.domain import SchemaDocument
from backend.releases.models import Release
from backend.releases.selectors import item_records
from backend.releases.services import release_create
from ml_worker.contract.masks import pack_masks
from ml_worker.contract.messages import (
    SegmentSpec,
    TrainItem,
    TrainRequest,
    TrainSettings,
)


def training_dispatch(job: Job, progress: Progress) -> dict[str, Any]:
    """Freeze, pack and hand over; the training run then follows the training job."""
    run = TrainingRun.objects.select_related("release").get(job=job)
    release = run.release or _freeze(run)
    request = _train_request(job, release, progress)
    answer = {"release_id": str(release.pk)}
    with transaction.atomic():
        training = job_create(
            actor=Actor(user_id=job.created_by_id),
            kind=TRAIN,
            queue="ml",
            request=request.model_dump(mode="json", exclude={"job_id"}),
            project_id=run.project_id,
            max_attempts=3,
        )
        run.job = training
        run.save(update_fields=["job"])
        job_finish(job_id=job.pk, attempt=job.attempt, answer=answer)
    return answer


@transaction.atomic
def _freeze(run: TrainingRun) -> Release:
    release = release_create(
        actor=Actor.system(), project_id=run.project_id, purpose=Release.Purpose.TRAINING
    )
    check_enough(release.summary["patient_count"])
    run.release = release
    run.save(update_fields=["release"])
    return release


def _train_request(job: Job, release: Release, progress: Progress) -> TrainRequest:
    schema = SchemaDocument.model_validate(release.schema.document)
    items = []
    total = max(release.summary["item_count"], 1)
    for number, item in enumerate(_items(release), start=1):
        items.append(item)
        progress(number / total, f"Packing labels: {number} of {total}")
    return TrainRequest(
        job_id=str(job.pk),
        project_id=str(release.project_id),
        schema_number=release.schema.number,
        segments=tuple(
            SegmentSpec(id=segment.id, name=segment.name) for segment in schema.active_segments
        ),
        items=tuple(items),
        settings=TrainSettings(**job.request.get("settings", {})),
    )


def _items(release: Release) -> Iterator[TrainItem]:
    for text in item_records(release.pk):
        record = json.loads(text)
        data = mask_bytes({mask["sha256"] for mask in record["masks"]})
        frames = {(mask["layer"], mask["frame"]): data[mask["sha256"]] for mask in record["masks"]}
        yield TrainItem(
            unit_id=record["unit"] or record["document"],
            patient=record["patient"],
            split=record["split"],
            volume=volume_ref(UUID(record["grid"]["id"])),
            labels=blob_store().put([pack_masks(frames)]),
        )
