"""Features for interactive models: asked for by the browser, computed once."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.domain import OPEN_STATES
from backend.core.errors import Invalid, NotFound
from backend.core.models import Job
from backend.core.services import job_create
from backend.imaging.selectors import frame_keys, grid_get, volume_ref
from backend.inference.domain.messages import FeatureReady, FeaturesIn, FeaturesOut, window_name
from backend.inference.models import Model, ModelVersion
from backend.inference.selectors import (
    NO_INTERACTIVE_MODEL,
    features_known,
    job_out,
    version_row,
)
from backend.inference.task_names import FEATURES
from ml_worker.contract.messages import BlobRef, FeaturesRequest


class ModelNotReady(Invalid):
    """The interactive model cannot answer: it has no weights, or is being prepared."""

    code = "inference.model_not_ready"


@transaction.atomic
def features_request(*, actor: Actor, grid_id: UUID, wish: FeaturesIn) -> FeaturesOut:
    """Return the features that are there and the job that makes the rest."""
    grid = grid_get(actor=actor, grid_id=grid_id)
    version = version_row(actor=actor, version_id=wish.version_id)
    _check_ready(version)
    keys = list(dict.fromkeys(wish.keys))
    if not set(keys) <= set(frame_keys(grid)):
        raise NotFound("One of the frames is not in this image series.")
    window = window_name(wish.window)
    known = features_known(version_id=version.pk, keys=keys, window=window)
    missing = [key for key in keys if key not in known]
    job = _job_for(actor, version, grid.pk, wish, missing) if missing else None
    return FeaturesOut(
        ready=[
            FeatureReady(key=key, url=f"/api/v1/blobs/features/{known[key]}", sha256=known[key])
            for key in keys
            if key in known
        ],
        job=job_out(job) if job else None,
    )


def _check_ready(version: ModelVersion) -> None:
    if version.model.family != Model.Family.SAM:
        raise ModelNotReady("This model answers no prompts. Choose an interactive one.")
    if not version.weights_sha256:
        raise ModelNotReady(NO_INTERACTIVE_MODEL)
    if version.status != ModelVersion.Status.ACTIVE:
        raise ModelNotReady(version.message or "This model is not ready yet; try again shortly.")


def _job_for(
    actor: Actor, version: ModelVersion, grid_id: UUID, wish: FeaturesIn, missing: Sequence[str]
) -> Job:
    """Return the open job that makes all that is missing, or a new one."""
    window = window_name(wish.window)
    prefix = f"{version.pk}:{window}:"
    under_way: set[str] = set()
    newest: Job | None = None
    for job in Job.objects.filter(
        kind=FEATURES, state__in=OPEN_STATES, dedupe_key__startswith=prefix
    ).order_by("created_at"):
        shared = set(job.request["keys"]) & set(missing)
        if shared:
            under_way |= shared
            newest = job
    rest = [key for key in missing if key not in under_way]
    if not rest and newest is not None:
        return newest
    return _queue(actor, version, grid_id, wish, rest)


def _queue(
    actor: Actor, version: ModelVersion, grid_id: UUID, wish: FeaturesIn, keys: Sequence[str]
) -> Job:
    request = FeaturesRequest(
        job_id="",
        version_id=str(version.pk),
        weights=BlobRef(sha256=version.weights_sha256, size=version.weights_size),
        config=version.config,
        volume=volume_ref(grid_id),
        keys=tuple(keys),
        window=wish.window,
    )
    digest = hashlib.sha256(" ".join(keys).encode()).hexdigest()[:32]
    return job_create(
        actor=actor,
        kind=FEATURES,
        queue="ml",
        request=request.model_dump(mode="json", exclude={"job_id"}),
        dedupe_key=f"{version.pk}:{window_name(wish.window)}:{digest}",
        max_attempts=3,
    )
