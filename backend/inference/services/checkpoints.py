"""Interactive models from checkpoint files: stored, then prepared once by a worker."""

from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.blobs import blob_store, file_chunks
from backend.core.domain import OPEN_STATES
from backend.core.errors import Invalid
from backend.core.models import Job
from backend.core.services import job_create
from backend.inference.models import Model, ModelVersion
from backend.inference.task_names import PREPARE_MODEL
from ml_worker.contract.messages import (
    Architecture,
    BlobRef,
    PrepareModelRequest,
    Preprocessing,
)

SHIPPED = Path("fixtures") / "models" / "limn-tiny-sam.pt"
SHIPPED_NAME = "Limn tiny SAM"
NEVER_PREPARED = (
    "No worker prepared this model: its job was lost or cancelled. "
    "Try that job again, or add the file again."
)


class CheckpointRefused(Invalid):
    """The file cannot be a checkpoint."""

    code = "inference.checkpoint_refused"


def model_add(
    *,
    actor: Actor,
    name: str,
    architecture: Architecture,
    file: Path,
    preprocessing: Preprocessing = "sam",
) -> ModelVersion:
    """Store a checkpoint and have a worker prepare it; the same file twice is one version."""
    try:
        with file.open("rb") as stream:
            weights = _store(stream)
    except OSError as error:
        raise CheckpointRefused(f"The file {file.name} cannot be read.") from error
    return _version_create(actor, name, weights, architecture, preprocessing)


def shipped_sam_ensure() -> ModelVersion | None:
    """Add the small model that ships with Limn, if its file is here; None where it is not.

    It takes the place of the one that an earlier Limn shipped.
    """
    file = Path(settings.BASE_DIR) / SHIPPED
    if not file.is_file():
        return None
    version = model_add(
        actor=Actor.system(), name=SHIPPED_NAME, architecture="limn_tiny", file=file
    )
    earlier = ModelVersion.objects.filter(model=version.model, number__lt=version.number)
    earlier.exclude(status=ModelVersion.Status.RETIRED).update(status=ModelVersion.Status.RETIRED)
    return version


@transaction.atomic
def versions_settle() -> int:
    """Mark versions as failed whose preparation has ended without an answer; return how many.

    A worker that answers marks its version itself; this is for jobs that nobody answered.
    """
    waiting = ModelVersion.objects.filter(status=ModelVersion.Status.PREPARING)
    keys = {str(pk) for pk in waiting.values_list("pk", flat=True)}
    if not keys:
        return 0
    jobs = Job.objects.filter(kind=PREPARE_MODEL, dedupe_key__in=keys, state__in=OPEN_STATES)
    left = keys - set(jobs.values_list("dedupe_key", flat=True))
    return waiting.filter(pk__in=left).update(
        status=ModelVersion.Status.FAILED, message=NEVER_PREPARED
    )


def _store(stream: BinaryIO) -> BlobRef:
    weights = blob_store().put(file_chunks(stream))
    if weights.size == 0:
        raise CheckpointRefused("The file is empty.")
    return weights


@transaction.atomic
def _version_create(
    actor: Actor,
    name: str,
    weights: BlobRef,
    architecture: Architecture,
    preprocessing: Preprocessing,
) -> ModelVersion:
    model, _ = Model.objects.get_or_create(name=name, family=Model.Family.SAM, project=None)
    Model.objects.select_for_update(no_key=True).get(pk=model.pk)
    wanted = {"architecture": architecture, "preprocessing": preprocessing}
    same = model.versions.filter(weights_sha256=weights.sha256).exclude(
        status__in=[ModelVersion.Status.FAILED, ModelVersion.Status.RETIRED]
    )
    for version in same:
        if wanted.items() <= version.config.items():
            return version
    last = model.versions.aggregate(last=Max("number"))["last"] or 0
    version = ModelVersion.objects.create(
        model=model,
        number=last + 1,
        weights_sha256=weights.sha256,
        weights_size=weights.size,
        config=wanted,
        status=ModelVersion.Status.PREPARING,
    )
    request = PrepareModelRequest(
        job_id="",
        version_id=str(version.pk),
        checkpoint=weights,
        architecture=architecture,
        preprocessing=preprocessing,
    )
    job_create(
        actor=actor,
        kind=PREPARE_MODEL,
        queue="ml",
        request=request.model_dump(mode="json", exclude={"job_id"}),
        dedupe_key=str(version.pk),
        max_attempts=3,
    )
    audit_record(actor=actor, verb="model.added", target_id=version.pk, sha256=weights.sha256)
    return version
