"""Starting a training: by a button, or by itself once enough new work has come in."""

from uuid import UUID

from django.db import transaction

from backend.audit.services import audit_record
from backend.core import events
from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.core.services import job_create
from backend.inference.models import TrainingRun
from backend.inference.selectors import training_run_open
from backend.inference.task_names import DISPATCH_TRAINING
from backend.projects.domain import ProjectPolicy, SchemaDocument
from backend.projects.models import Project
from backend.projects.selectors import project_get_for, schema_current
from backend.releases.selectors import documents_finished, patients_finished

LEAST_PATIENTS = 2


class TooFewCases(Invalid):
    """There is too little finished work to learn from and to measure on."""

    code = "inference.too_few_cases"


class NothingToLearn(Invalid):
    """The schema has no segments, so there is nothing that a network could segment."""

    code = "inference.no_segments"


@transaction.atomic
def training_start(
    *,
    actor: Actor,
    project_id: UUID,
    max_seconds: float | None = None,
    max_steps: int | None = None,
) -> TrainingRun:
    """Start a training on all finished work; one that is still at work is returned instead."""
    project_get_for(actor=actor, project_id=project_id, verb="train")
    Project.objects.select_for_update(no_key=True).get(pk=project_id)
    running = training_run_open(project_id=project_id)
    if running is not None:
        return running
    _check_segments(project_id)
    check_enough(len(patients_finished(project_id=project_id)))
    bounds = {"max_seconds": max_seconds, "max_steps": max_steps}
    chosen = {name: value for name, value in bounds.items() if value is not None}
    return _run_create(actor, project_id, chosen)


@transaction.atomic
def training_consider(*, project_id: UUID, actor: Actor | None = None) -> bool:
    """Start a training if the policy asks for one by now; called on every submission.

    Returns whether one was started. Too little work is no error here: it is not yet time.
    """
    project = Project.objects.only("policy").get(pk=project_id)
    wanted = ProjectPolicy.model_validate(project.policy).retrain_after
    if not wanted or training_run_open(project_id=project_id) is not None:
        return False
    finished = documents_finished(project_id=project_id, work="submitted").order_by().count()
    if finished - _learned_from(project_id) < wanted:
        return False
    if len(patients_finished(project_id=project_id)) < LEAST_PATIENTS:
        return False
    Project.objects.select_for_update(no_key=True).get(pk=project_id)
    if training_run_open(project_id=project_id) is not None:
        return False
    _run_create(actor or Actor.system(), project_id, {})
    return True


def _learned_from(project_id: UUID) -> int:
    """Return how many items the latest training took."""
    latest = (
        TrainingRun.objects.filter(project_id=project_id)
        .exclude(release=None)
        .select_related("release")
        .order_by("-created_at")
        .first()
    )
    if latest is None or latest.release is None:
        return 0
    return int(latest.release.summary.get("item_count", 0))


def _check_segments(project_id: UUID) -> None:
    schema = SchemaDocument.model_validate(schema_current(project_id=project_id).document)
    if not schema.active_segments:
        raise NothingToLearn(
            "This project's schema has no segments, so there is nothing to train. "
            "Add a segment to the schema first."
        )


def check_enough(patients: int) -> None:
    """Refuse a training with fewer patients than learning and measuring need."""
    if patients >= LEAST_PATIENTS:
        return
    have = "no patient" if patients == 0 else "1 patient"
    raise TooFewCases(
        f"Training needs submitted work of at least {LEAST_PATIENTS} patients, so that the "
        f"result can be measured on somebody the model has not seen. There is submitted work of "
        f"{have}. Submit tasks of {LEAST_PATIENTS - patients} more, then train.",
        patients=patients,
        needed=LEAST_PATIENTS,
    )


def _run_create(actor: Actor, project_id: UUID, bounds: dict[str, float]) -> TrainingRun:
    job = job_create(
        actor=actor,
        kind=DISPATCH_TRAINING,
        queue="default",
        request={"project_id": str(project_id), "settings": bounds},
        project_id=project_id,
        dedupe_key=str(project_id),
    )
    run = TrainingRun.objects.create(project_id=project_id, job=job)
    audit_record(actor=actor, verb="training.started", target_id=run.pk, project_id=project_id)
    events.publish(f"project:{project_id}", "training", run.pk)
    return run
