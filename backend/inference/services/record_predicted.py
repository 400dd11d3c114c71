"""A batch of predictions becomes proposals and scores."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.annotations.models import Document
from backend.annotations.services import document_create, proposal_write
from backend.core import events
from backend.core.actor import Actor
from backend.core.errors import LimnError
from backend.core.models import Job
from backend.inference.domain.acquisition import doubt_of
from backend.inference.domain.layers import layered
from backend.inference.models import ModelVersion, Prediction, Score
from backend.inference.services.predictions import predictions_continue, rank_request
from backend.inference.services.ranking import STRATEGY
from backend.projects.models import Unit
from backend.projects.selectors import schema_current
from ml_worker.contract.masks import MaskInvalid
from ml_worker.contract.messages import PredictAnswer, PredictResult

Packs = Mapping[str, Mapping[tuple[int, str], bytes]]

OTHER_WEIGHTS = "The worker answered with other weights than it was asked for."


def record_predicted(job: Job, answer: PredictAnswer, packs: Packs) -> None:
    """Write each unit's proposal and score, then go on with the next units."""
    version = ModelVersion.objects.select_related("model__project", "schema").get(
        pk=UUID(job.request["version_id"])
    )
    asked = {volume["unit_id"] for volume in job.request["volumes"]}
    names = {segment["id"]: segment["name"] for segment in version.segments}
    same_weights = answer.weights_sha256 == version.weights_sha256
    for result in answer.results:
        unit = Unit.objects.filter(pk=result.unit_id).first()
        if unit is None or result.unit_id not in asked:
            continue
        if not same_weights:
            _remember(version, unit, None, OTHER_WEIGHTS)
            continue
        document, error = _propose(version, unit, result, packs)
        _remember(version, unit, document, error)
        if error == "":
            _score(version, unit, result, names)
    _mark_missing(version, asked, answer)
    actor = Actor.system()
    if version.status == ModelVersion.Status.ACTIVE:
        predictions_continue(actor=actor, version=version)
    rank_request(actor=actor, version=version)
    events.publish(f"project:{version.model.project_id}", "predictions", version.pk)


def _propose(
    version: ModelVersion, unit: Unit, result: PredictResult, packs: Packs
) -> tuple[UUID | None, str]:
    """Return the proposal's document, or the sentence why there is none."""
    if result.error or result.masks is None:
        return None, result.error or "The model gave no answer for this image."
    schema = version.schema or schema_current(project_id=unit.project_id)
    overlapping = {part["id"] for part in schema.document["segments"] if part["overlap"]}
    try:
        with transaction.atomic():
            document = document_create(
                project_id=unit.project_id,
                grid_id=unit.grid_id,
                schema_id=schema.pk,
                kind=Document.Kind.PROPOSAL,
                model_version_id=version.pk,
            )
            proposal_write(
                actor=Actor.system(),
                document_id=document,
                masks=layered(packs[result.unit_id], overlapping),
                model_version_id=version.pk,
                model_name=f"{version.model.name} {version.number}",
            )
    except LimnError as error:
        return None, error.detail
    except MaskInvalid as error:
        return None, str(error)
    return document, ""


def _remember(version: ModelVersion, unit: Unit, document: UUID | None, error: str) -> None:
    Prediction.objects.update_or_create(
        unit=unit,
        version=version,
        defaults={
            "project_id": unit.project_id,
            "document_id": document,
            "error": error[:300],
        },
    )


def _score(
    version: ModelVersion, unit: Unit, result: PredictResult, names: Mapping[int, str]
) -> None:
    if result.score is None:
        return
    doubt = doubt_of(result.score, names)
    parts: dict[str, Any] = {
        "uncertainty": result.score.uncertainty,
        "foreground_fraction": result.score.foreground_fraction,
        "segment": doubt.segment,
        "first": doubt.first,
        "last": doubt.last,
        "per_segment": {
            str(number): part.model_dump(mode="json", exclude={"frames"})
            for number, part in result.score.per_segment.items()
        },
        "features": list(result.score.features),
    }
    Score.objects.update_or_create(
        unit=unit,
        version=version,
        strategy=STRATEGY,
        defaults={
            "value": result.score.uncertainty,
            "parts": parts,
            "sentence": doubt.sentence[:300],
        },
    )


def _mark_missing(version: ModelVersion, asked: set[str], answer: PredictAnswer) -> None:
    """Mark units that the worker left out, so that they are not asked for again and again."""
    for unit_id in asked - {result.unit_id for result in answer.results}:
        unit = Unit.objects.filter(pk=unit_id).first()
        if unit is not None:
            _remember(version, unit, None, "The model gave no answer for this image.")
