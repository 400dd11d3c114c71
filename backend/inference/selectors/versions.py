"""Model versions: those of a project for its people, shared ones for everybody."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.inference.domain.messages import (
    InteractiveModel,
    ModelVersionList,
    ModelVersionOut,
    SegmentRef,
)
from backend.inference.models import Model, ModelVersion
from backend.projects.selectors import project_get_for, projects_visible_to

NO_INTERACTIVE_MODEL = (
    "No interactive model is installed. Add a segment-anything checkpoint with "
    "`manage.py model add --name NAME --arch vit_b --file CHECKPOINT.pth` "
    "(vit_l, vit_h and MedSAM work, too: --preprocessing medsam)."
)
STILL_PREPARING = "A model worker is preparing this model; it will be ready in a moment."


def versions_visible_to(*, actor: Actor) -> QuerySet[ModelVersion]:
    """Return the versions the actor may see."""
    versions = ModelVersion.objects.select_related("model")
    if actor.is_admin:
        return versions
    projects = projects_visible_to(actor=actor).values("pk")
    return versions.filter(Q(model__project=None) | Q(model__project__in=projects))


def models_visible(*, actor: Actor) -> ModelVersionList:
    """Return every version the actor may see, newest first."""
    rows = versions_visible_to(actor=actor).order_by("-created_at")
    return ModelVersionList(results=[version_out(row) for row in rows])


def models_of_project(*, actor: Actor, project_id: UUID) -> ModelVersionList:
    """Return a project's own versions and the shared ones, newest first."""
    project_get_for(actor=actor, project_id=project_id, verb="view")
    rows = ModelVersion.objects.select_related("model").filter(
        Q(model__project=project_id) | Q(model__project=None)
    )
    return ModelVersionList(results=[version_out(row) for row in rows.order_by("-created_at")])


def version_row(*, actor: Actor, version_id: UUID, to_change: bool = False) -> ModelVersion:
    """Return a version; `to_change` asks for the right to activate and retire it."""
    version = versions_visible_to(actor=actor).filter(pk=version_id).first()
    if version is None:
        raise NotFound("There is no such model version.")
    if to_change:
        if version.model.project_id is not None:
            project_get_for(actor=actor, project_id=version.model.project_id, verb="activate")
        elif not actor.is_admin:
            raise Forbidden("Only an administrator may change a model that all projects share.")
    return version


def model_version_get(*, actor: Actor, version_id: UUID) -> ModelVersionOut:
    """Return one version."""
    return version_out(version_row(actor=actor, version_id=version_id))


def decoder_sha(*, actor: Actor, version_id: UUID) -> str:
    """Return the hash of a version's decoder."""
    version = version_row(actor=actor, version_id=version_id)
    if not version.decoder_sha256:
        raise NotFound("This model version has no decoder.")
    return version.decoder_sha256


def active_version(*, project_id: UUID) -> ModelVersion | None:
    """Return the version that proposes in a project now."""
    return (
        ModelVersion.objects.select_related("model", "schema")
        .filter(
            model__project=project_id,
            model__family=Model.Family.UNET2D,
            status=ModelVersion.Status.ACTIVE,
        )
        .order_by("-activated_at")
        .first()
    )


def interactive_models(*, project_id: UUID | None = None) -> list[InteractiveModel]:
    """Return the models that answer prompts; never an empty list: without one, how to add one."""
    rows = (
        ModelVersion.objects.select_related("model")
        .filter(model__family=Model.Family.SAM)
        .filter(Q(model__project=None) | Q(model__project=project_id))
        .exclude(status=ModelVersion.Status.RETIRED)
        .order_by("model__name", "-number")
    )
    found = [_interactive(row) for row in rows]
    if found:
        return sorted(found, key=lambda model: model.decoder_url is None)
    absent = InteractiveModel(
        version_id=None,
        name="Interactive segmentation",
        status="absent",
        config={},
        decoder_url=None,
        message=NO_INTERACTIVE_MODEL,
    )
    return [absent]


def _interactive(version: ModelVersion) -> InteractiveModel:
    ready = version.status == ModelVersion.Status.ACTIVE and bool(version.decoder_sha256)
    preparing = version.status == ModelVersion.Status.PREPARING
    return InteractiveModel(
        version_id=version.pk,
        name=version.model.name,
        status=version.status,
        config=version.config,
        decoder_url=f"/api/v1/model-versions/{version.pk}/decoder" if ready else None,
        message=None if ready else version.message or (STILL_PREPARING if preparing else None),
    )


def model_names(*, version_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return name and version of models, for what names them in provenance."""
    rows = ModelVersion.objects.select_related("model").filter(pk__in=set(version_ids))
    return {
        str(row.pk): (row.model.name, f"{row.number} ({row.weights_sha256[:12]})") for row in rows
    }


def version_out(version: ModelVersion) -> ModelVersionOut:
    """Return the row as it travels."""
    return ModelVersionOut(
        id=version.pk,
        model_id=version.model_id,
        name=version.model.name,
        number=version.number,
        family=version.model.family,
        status=ModelVersion.Status(version.status).value,
        message=version.message,
        project_id=version.model.project_id,
        metrics=version.metrics,
        weights_sha256=version.weights_sha256 or None,
        training_release_id=version.training_release_id,
        parent_id=version.parent_id,
        created_at=version.created_at,
        activated_at=version.activated_at,
        config=version.config,
        segments=[SegmentRef.model_validate(segment) for segment in version.segments],
    )
