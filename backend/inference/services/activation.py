"""Which version proposes: one at a time in a project."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.audit.services import audit_record
from backend.core import events
from backend.core.actor import Actor
from backend.core.domain import OPEN_STATES
from backend.core.errors import Conflict, Invalid
from backend.core.models import Job
from backend.core.services import job_cancel
from backend.inference.domain.messages import ModelVersionOut
from backend.inference.models import Model, ModelVersion
from backend.inference.selectors import version_out, version_row
from backend.inference.services.predictions import predictions_continue, reorder_request
from backend.inference.task_names import PREDICT


class NoWeights(Invalid):
    """A version without weights never answers."""

    code = "inference.weights_missing"


@transaction.atomic
def version_activate(*, actor: Actor, version_id: UUID) -> ModelVersionOut:
    """Let this version propose from now on: what is left is scored and pre-annotated anew."""
    version_row(actor=actor, version_id=version_id, to_change=True)
    version = ModelVersion.objects.select_for_update(no_key=True, of=("self",)).get(pk=version_id)
    if version.status in {ModelVersion.Status.PREPARING, ModelVersion.Status.FAILED}:
        raise Conflict("This version is not ready, so it cannot be activated.")
    if not version.weights_sha256:
        raise NoWeights("This version has no weights, so it cannot answer. Train a new one.")
    activate_row(actor=actor, version=version)
    return version_out(ModelVersion.objects.select_related("model").get(pk=version_id))


def activate_row(*, actor: Actor, version: ModelVersion) -> None:
    """Make the version the active one of its project, in the caller's transaction."""
    project_id = version.model.project_id
    if version.model.family == Model.Family.UNET2D:
        others = ModelVersion.objects.filter(
            model__project=project_id,
            model__family=Model.Family.UNET2D,
            status=ModelVersion.Status.ACTIVE,
        ).exclude(pk=version.pk)
        for other in others:
            _stop_predicting(other)
        others.update(status=ModelVersion.Status.RETIRED)
    version.status = ModelVersion.Status.ACTIVE
    version.activated_at = timezone.now()
    version.save(update_fields=["status", "activated_at"])
    audit_record(actor=actor, verb="model.activated", target_id=version.pk, project_id=project_id)
    if project_id is not None:
        events.publish(f"project:{project_id}", "model", version.pk)
        predictions_continue(actor=actor, version=version)
        reorder_request(version=version)


@transaction.atomic
def version_retire(*, actor: Actor, version_id: UUID) -> ModelVersionOut:
    """Take a version out of use; what it proposed stays."""
    version = version_row(actor=actor, version_id=version_id, to_change=True)
    ModelVersion.objects.filter(pk=version_id).update(status=ModelVersion.Status.RETIRED)
    _stop_predicting(version)
    project_id = version.model.project_id
    audit_record(actor=actor, verb="model.retired", target_id=version_id, project_id=project_id)
    if project_id is not None:
        events.publish(f"project:{project_id}", "model", version_id)
    return version_out(ModelVersion.objects.select_related("model").get(pk=version_id))


def _stop_predicting(version: ModelVersion) -> None:
    jobs = Job.objects.filter(
        kind=PREDICT, state__in=OPEN_STATES, dedupe_key__startswith=f"{version.pk}:"
    )
    for job_id in jobs.values_list("pk", flat=True):
        job_cancel(job_id=job_id)
