"""What models say about the queue, and how well their proposals fitted."""

from uuid import UUID

from django.db import connection, transaction

from backend.annotations.domain import dice_per_segment
from backend.annotations.selectors import mask_frames_at
from backend.core import events
from backend.core.services import job_finish
from backend.inference.models import ModelVersion
from backend.inference.selectors import active_version
from backend.worklists.models import Task

_REORDER = """
WITH news AS (
    SELECT coalesce(s.unit_id, p.unit_id) AS unit_id, s.value, s.sentence, s.parts, p.document_id
    FROM (SELECT DISTINCT ON (unit_id) unit_id, value, sentence, parts FROM inference_score
          WHERE version_id = %(version)s ORDER BY unit_id, created_at DESC, id DESC) s
    FULL JOIN (SELECT unit_id, document_id FROM inference_prediction
               WHERE version_id = %(version)s) p ON p.unit_id = s.unit_id
)
UPDATE worklists_task t
SET priority = coalesce(news.value, t.priority),
    why = CASE WHEN news.value IS NULL OR news.sentence = '' THEN t.why
          ELSE jsonb_build_object(
              'sentence', news.sentence, 'segment', news.parts -> 'segment',
              'first', news.parts -> 'first', 'last', news.parts -> 'last',
              'model', %(model)s::text, 'score', news.value) END,
    proposal_id = coalesce(news.document_id, t.proposal_id),
    updated_at = now()
FROM news
WHERE t.unit_id = news.unit_id AND t.project_id = %(project)s AND t.state = 'todo'
"""


@transaction.atomic
def queue_reorder(
    *, project_id: UUID, version_id: UUID | None = None, job: tuple[UUID, int] | None = None
) -> dict[str, int]:
    """Put a version's scores and proposals on the to-dos; None means the active version.

    One statement for all of them. `job` is (id, attempt) to be finished in this transaction.
    """
    version = _version(project_id, version_id)
    count = 0
    if version is not None:
        values: dict[str, UUID | str] = {
            "version": version.pk,
            "project": project_id,
            "model": f"{version.model.name} {version.number}",
        }
        with connection.cursor() as cursor:
            cursor.execute(_REORDER, values)
            count = cursor.rowcount
        events.publish(f"project:{project_id}", "tasks", project_id)
    answer = {"tasks": count}
    if job is not None:
        job_finish(job_id=job[0], attempt=job[1], answer=answer)
    return answer


def _version(project_id: UUID, version_id: UUID | None) -> ModelVersion | None:
    if version_id is None:
        return active_version(project_id=project_id)
    return ModelVersion.objects.select_related("model").filter(pk=version_id).first()


@transaction.atomic
def agreement_record(
    *, task_id: UUID, number: int, job: tuple[UUID, int] | None = None
) -> dict[str, float]:
    """Measure how well the proposal fitted what was handed in as revision `number`."""
    task = Task.objects.filter(pk=task_id).exclude(proposal=None).first()
    dice: dict[str, float] = {}
    if task is not None and task.proposal_id is not None:
        found = dice_per_segment(
            mask_frames_at(task.document_id, number), mask_frames_at(task.proposal_id)
        )
        dice = {str(segment): value for segment, value in found.items()}
        Task.objects.filter(pk=task_id).update(agreement=dice)
        events.publish(f"project:{task.project_id}", "task", task_id)
    if job is not None:
        job_finish(job_id=job[0], attempt=job[1], answer={"agreement": dice})
    return dice
