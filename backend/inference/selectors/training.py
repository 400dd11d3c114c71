"""Training runs and what they led to."""

from uuid import UUID

from backend.core.actor import Actor
from backend.core.domain import OPEN_STATES
from backend.core.models import Job
from backend.inference.domain.messages import (
    CurvePointOut,
    LearningPoint,
    TrainingRunList,
    TrainingRunOut,
)
from backend.inference.models import Model, ModelVersion, TrainingRun
from backend.inference.selectors.jobs import job_out
from backend.projects.selectors import project_get_for

RUNS_SHOWN = 50


def training_runs(*, actor: Actor, project_id: UUID) -> TrainingRunList:
    """Return a project's training runs, newest first."""
    project_get_for(actor=actor, project_id=project_id, verb="view")
    runs = TrainingRun.objects.filter(project_id=project_id).select_related("job")
    rows = runs.defer("job__request", "job__answer").order_by("-created_at")[:RUNS_SHOWN]
    return TrainingRunList(results=[training_run_out(row) for row in rows])


def training_run_open(*, project_id: UUID) -> TrainingRun | None:
    """Return the run that is at work in a project, if there is one."""
    return (
        TrainingRun.objects.filter(project_id=project_id, job__state__in=OPEN_STATES)
        .select_related("job")
        .first()
    )


def training_run_out(run: TrainingRun) -> TrainingRunOut:
    """Return the row as it travels."""
    return TrainingRunOut(
        id=run.pk,
        job=job_out(run.job),
        state=Job.State(run.job.state).value,
        curve=[CurvePointOut.model_validate(point) for point in run.curve],
        version_id=run.version_id,
        release_id=run.release_id,
        created_at=run.created_at,
    )


def learning_curve(*, project_id: UUID) -> list[LearningPoint]:
    """Return quality against labels: one point for each version, oldest first."""
    versions = (
        ModelVersion.objects.select_related("model", "training_release")
        .filter(model__project=project_id, model__family=Model.Family.UNET2D)
        .exclude(training_release=None)
        .order_by("created_at")
    )
    return [_point(version) for version in versions]


def _point(version: ModelVersion) -> LearningPoint:
    metrics = version.metrics
    per_segment = metrics.get("per_segment", {})
    shown = list(per_segment.values())
    summary = version.training_release.summary if version.training_release else {}
    splits = summary.get("splits", {})
    patients = sum(splits.get(name, {}).get("patients", 0) for name in ("train", "validation"))
    return LearningPoint(
        version=version.number,
        version_id=version.pk,
        name=version.model.name,
        patients=patients,
        n_patients_held_out=metrics.get("n_patients_held_out", 0),
        dice_mean=metrics.get("mean_dice"),
        dice_low=_mean([part["dice_low"] for part in shown]),
        dice_high=_mean([part["dice_high"] for part in shown]),
        per_segment=per_segment,
        created_at=version.created_at,
    )


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
