"""From scores to an order: what labelling each unit would teach, given what is labelled."""

from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from backend.core.models import Job
from backend.core.services import Progress, job_finish
from backend.inference.domain.acquisition import Vectors, ranked_values
from backend.inference.models import ModelVersion, Score
from backend.inference.services.predictions import reorder_request, units_left

STRATEGY = "uncertainty_diversity"
BATCH = 500


def units_rank(job: Job, _progress: Progress) -> dict[str, Any]:
    """Give every unit that is left its value, then let the worklists follow."""
    version = ModelVersion.objects.select_related("model").get(pk=UUID(job.request["version_id"]))
    scores = list(Score.objects.filter(version=version, strategy=STRATEGY).order_by("unit_id"))
    left = set(units_left(project_id=UUID(job.request["project_id"])).values_list("pk", flat=True))
    candidates = [score for score in scores if score.unit_id in left]
    labelled = [score for score in scores if score.unit_id not in left]
    values = ranked_values(
        [score.parts["uncertainty"] for score in candidates],
        _vectors(candidates),
        _vectors(labelled),
    )
    for score, value in zip(candidates, values, strict=True):
        score.value = value
    answer = {"ranked": len(candidates)}
    with transaction.atomic():
        Score.objects.bulk_update(candidates, ["value"], batch_size=BATCH)
        reorder_request(version=version)
        job_finish(job_id=job.pk, attempt=job.attempt, answer=answer)
    return answer


def _vectors(scores: list[Score]) -> Vectors:
    rows = [score.parts.get("features", []) for score in scores]
    if not rows or len({len(row) for row in rows}) != 1:
        return np.zeros((len(rows), 0))
    return np.asarray(rows, np.float64)
