"""A finished training becomes a model version."""

from django.db.models import Max

from backend.audit.services import audit_record
from backend.core import events
from backend.core.actor import Actor
from backend.core.models import Job
from backend.inference.domain.quality import compared
from backend.inference.models import Model, ModelVersion, TrainingRun
from backend.inference.selectors import active_version
from backend.inference.services.activation import activate_row
from backend.inference.services.workers import MOST_POINTS
from backend.projects.domain import ProjectPolicy
from ml_worker.contract.messages import TrainAnswer, TrainRequest

UNET_NAME = "U-Net"


def record_trained(job: Job, answer: TrainAnswer) -> None:
    """Add the candidate with its metrics; a project's first version goes to work at once."""
    run = TrainingRun.objects.select_related("project", "release").get(job=job)
    request = TrainRequest.model_validate({**job.request, "job_id": str(job.pk)})
    before = active_version(project_id=run.project_id)
    model, _ = Model.objects.get_or_create(
        project=run.project, family=Model.Family.UNET2D, defaults={"name": UNET_NAME}
    )
    Model.objects.select_for_update(no_key=True).get(pk=model.pk)
    last = model.versions.aggregate(last=Max("number"))["last"] or 0
    version = ModelVersion.objects.create(
        model=model,
        number=last + 1,
        parent=before,
        schema_id=run.release.schema_id if run.release else None,
        training_release=run.release,
        weights_sha256=answer.weights.sha256,
        weights_size=answer.weights.size,
        config=answer.config,
        metrics=answer.metrics.model_dump(mode="json"),
        segments=[segment.model_dump(mode="json") for segment in request.segments],
        status=ModelVersion.Status.CANDIDATE,
    )
    run.version = version
    run.curve = [point.model_dump(mode="json") for point in answer.curve[:MOST_POINTS]]
    run.save(update_fields=["version", "curve"])
    audit_record(
        actor=Actor.system(),
        verb="model.trained",
        target_id=version.pk,
        project_id=run.project_id,
        weights=answer.weights.sha256,
    )
    events.publish(f"project:{run.project_id}", "model", version.pk)
    if _goes_to_work(run, version, before):
        activate_row(actor=Actor.system(), version=version)


def _goes_to_work(run: TrainingRun, version: ModelVersion, before: ModelVersion | None) -> bool:
    """Tell whether the version proposes from now on, and note on it why or why not."""
    if before is None:
        return True
    if not ProjectPolicy.model_validate(run.project.policy).auto_activate:
        return False
    verdict = compared(version.metrics, before.metrics)
    version.message = verdict.sentence
    version.save(update_fields=["message"])
    return verdict.is_not_worse
