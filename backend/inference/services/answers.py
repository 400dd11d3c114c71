"""What model workers answer, recorded with the end of the job in one transaction.

The job's end comes first and is fenced by the attempt number: an answer that is late, doubled or
of a worker believed dead changes nothing. Blobs are read before the transaction opens.
"""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from backend.core.blobs import blob_store
from backend.core.errors import Invalid
from backend.core.models import Job
from backend.core.services import JobLost, job_fail, job_finish
from backend.inference.domain.messages import window_name
from backend.inference.models import FeatureBlob, ModelVersion
from backend.inference.services.record_predicted import Packs, record_predicted
from backend.inference.services.record_trained import record_trained
from backend.inference.task_names import FEATURES, PREDICT, PREPARE_MODEL, TRAIN
from ml_worker.contract.masks import unpack_masks
from ml_worker.contract.messages import (
    Answer,
    BlobRef,
    Failed,
    FeaturesAnswer,
    FeaturesRequest,
    PredictAnswer,
    PrepareModelAnswer,
    TrainAnswer,
)

ANSWER_OF = {
    TRAIN: "trained",
    PREDICT: "predicted",
    FEATURES: "features_ready",
    PREPARE_MODEL: "model_prepared",
}


class AnswerRefused(Invalid):
    """The answer does not fit its job, or names bytes that are not in the store."""

    code = "inference.answer_refused"


def answer_record(*, job_id: UUID, attempt: int, answer: Answer) -> None:
    """Keep a worker's answer; JobLost (409) when the job is no longer that attempt's."""
    job = Job.objects.filter(pk=job_id, queue="ml").first()
    if job is None or job.state != Job.State.RUNNING or job.attempt != attempt:
        raise JobLost("The job is not this worker's any more; its answer is not taken.")
    if isinstance(answer, Failed):
        _record_failed(job, attempt, answer)
        return
    if ANSWER_OF.get(job.kind) != answer.kind:
        raise AnswerRefused(f"An answer of kind {answer.kind} does not fit a job {job.kind}.")
    _check_blobs(answer)
    packs = _read_packs(answer) if isinstance(answer, PredictAnswer) else {}
    with transaction.atomic():
        job_finish(job_id=job_id, attempt=attempt, answer=_kept(answer))
        _record(job, answer, packs)


def _record(job: Job, answer: Answer, packs: Packs) -> None:
    match answer:
        case TrainAnswer():
            record_trained(job, answer)
        case PredictAnswer():
            record_predicted(job, answer, packs)
        case FeaturesAnswer():
            _record_features(job, answer)
        case PrepareModelAnswer():
            _record_prepared(job, answer)
        case Failed():
            raise AnswerRefused("A failure is not recorded as a result.")


def _record_features(job: Job, answer: FeaturesAnswer) -> None:
    request = FeaturesRequest.model_validate({**job.request, "job_id": str(job.pk)})
    FeatureBlob.objects.bulk_create(
        [
            FeatureBlob(
                version_id=UUID(request.version_id),
                frame_key=item.key,
                window=window_name(request.window),
                sha256=item.blob.sha256,
            )
            for item in answer.items
            if item.key in request.keys
        ],
        ignore_conflicts=True,
    )


def _record_prepared(job: Job, answer: PrepareModelAnswer) -> None:
    version = ModelVersion.objects.select_for_update(no_key=True).get(
        pk=UUID(job.request["version_id"])
    )
    if answer.weights_sha256 != version.weights_sha256:
        raise AnswerRefused("The worker prepared other weights than it was asked for.")
    version.decoder_sha256 = answer.decoder.sha256
    version.config = answer.config.model_dump(mode="json")
    version.status = ModelVersion.Status.ACTIVE
    version.message = ""
    version.save(update_fields=["decoder_sha256", "config", "status", "message"])


@transaction.atomic
def _record_failed(job: Job, attempt: int, failed: Failed) -> None:
    job_fail(job_id=job.pk, attempt=attempt, code=failed.code, detail=failed.detail)
    if job.kind == PREPARE_MODEL:
        ModelVersion.objects.filter(pk=UUID(job.request["version_id"])).update(
            status=ModelVersion.Status.FAILED, message=failed.detail[:400]
        )


def _kept(answer: Answer) -> dict[str, object]:
    """Return what the job row keeps; predictions stand in rows of their own."""
    if isinstance(answer, PredictAnswer):
        return {"kind": answer.kind, "units": len(answer.results)}
    return answer.model_dump(mode="json")


def _check_blobs(answer: Answer) -> None:
    """Refuse an answer whose bytes never arrived: a version without weights must not exist."""
    blobs: list[BlobRef] = []
    match answer:
        case TrainAnswer():
            blobs = [answer.weights]
        case PredictAnswer():
            blobs = [result.masks for result in answer.results if result.masks is not None]
        case FeaturesAnswer():
            blobs = [item.blob for item in answer.items]
        case PrepareModelAnswer():
            blobs = [answer.decoder]
        case Failed():
            return
    store = blob_store()
    if not all(store.exists(blob.sha256) for blob in blobs):
        raise AnswerRefused("The answer names a file that is not in the store.")


def _read_packs(answer: PredictAnswer) -> Packs:
    store = blob_store()
    packs: dict[str, Mapping[tuple[int, str], bytes]] = {}
    for result in answer.results:
        if result.masks is not None:
            with store.open(result.masks.sha256) as file:
                packs[result.unit_id] = unpack_masks(file.read())
    return packs
