"""Pre-annotation: the active version works through what nobody has started.

A few batches are in flight at a time and each answer brings the next ones, so that a project of
any size costs the same to activate a version in, and a newer version need not wait for long.
"""

import hashlib
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from backend.annotations.models import Document
from backend.core.actor import Actor
from backend.core.domain import OPEN_STATES
from backend.core.models import Job
from backend.core.services import job_create
from backend.imaging.selectors import volume_ref
from backend.inference.models import ModelVersion, Prediction
from backend.inference.task_names import PREDICT, RANK_UNITS, REORDER
from backend.projects.domain import ProjectPolicy
from backend.projects.models import Unit
from ml_worker.contract.messages import BlobRef, PredictItem, PredictRequest, SegmentSpec

UNITS_PER_JOB = 4
JOBS_AHEAD = 3


def units_left(*, project_id: UUID) -> QuerySet[Unit]:
    """Return the units that nobody has drawn on, in their order."""
    begun = Document.objects.filter(
        Q(head_number__gt=0) | ~Q(state=Document.State.DRAFT),
        project_id=project_id,
        grid_id=OuterRef("grid_id"),
        kind=Document.Kind.LABEL,
    )
    return Unit.objects.filter(~Exists(begun), project_id=project_id).order_by("number")


def predictions_continue(*, actor: Actor, version: ModelVersion) -> int:
    """Queue the next batches of the active version; returns how many jobs were made.

    The advisory lock lets one transaction at a time choose, so no unit is predicted twice.
    """
    project = version.model.project
    if project is None or not ProjectPolicy.model_validate(project.policy).preannotate:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_lock_number(version.pk)])
    open_jobs = Job.objects.filter(
        kind=PREDICT, state__in=OPEN_STATES, dedupe_key__startswith=f"{version.pk}:"
    )
    waiting = [
        volume["unit_id"]
        for request in open_jobs.values_list("request", flat=True)
        for volume in request["volumes"]
    ]
    room = JOBS_AHEAD - open_jobs.count()
    if room <= 0:
        return 0
    done = Prediction.objects.filter(version=version, unit=OuterRef("pk"))
    units = units_left(project_id=project.pk).filter(~Exists(done)).exclude(pk__in=waiting)
    chosen = list(units[: room * UNITS_PER_JOB])
    batches = [
        chosen[start : start + UNITS_PER_JOB] for start in range(0, len(chosen), UNITS_PER_JOB)
    ]
    for batch in batches:
        _queue(actor, version, batch)
    return len(batches)


def _queue(actor: Actor, version: ModelVersion, units: list[Unit]) -> None:
    request = PredictRequest(
        job_id="",
        version_id=str(version.pk),
        weights=BlobRef(sha256=version.weights_sha256, size=version.weights_size),
        config=version.config,
        segments=tuple(SegmentSpec.model_validate(segment) for segment in version.segments),
        volumes=tuple(
            PredictItem(unit_id=str(unit.pk), volume=volume_ref(unit.grid_id)) for unit in units
        ),
        score=True,
    )
    job_create(
        actor=actor,
        kind=PREDICT,
        queue="ml",
        request=request.model_dump(mode="json", exclude={"job_id"}),
        project_id=version.model.project_id,
        dedupe_key=f"{version.pk}:{units[0].pk}",
        max_attempts=3,
    )


def rank_request(*, actor: Actor, version: ModelVersion) -> None:
    """Ask for the values to be computed again; a job that has not started yet will do."""
    waiting = (
        Job.objects.select_for_update(no_key=True)
        .filter(kind=RANK_UNITS, project_id=version.model.project_id)
        .filter(state__in=["queued", "sent"], request__version_id=str(version.pk))
    )
    if waiting.first() is not None:
        return
    job_create(
        actor=actor,
        kind=RANK_UNITS,
        queue="default",
        request={"project_id": str(version.model.project_id), "version_id": str(version.pk)},
        project_id=version.model.project_id,
    )


def reorder_request(*, version: ModelVersion) -> None:
    """Tell the worklists, by name, that their order has new reasons."""
    project_id = version.model.project_id
    job_create(
        actor=Actor.system(),
        kind=REORDER,
        queue="default",
        request={"project_id": str(project_id), "version_id": str(version.pk)},
        project_id=project_id,
    )


def _lock_number(version_id: UUID) -> int:
    digest = hashlib.sha256(f"predictions {version_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
