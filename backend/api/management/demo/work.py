"""First finished work, so that the demo's model has something to learn from.

It is the phantoms' own ground truth, handed in by a person of that name through the same
services as everybody's work: nobody is made to look as if they had drawn it.
"""

import base64
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray

from backend.annotations.domain import EditIn, MaskIn, RevisionIn
from backend.annotations.services import revision_save
from backend.api.management.demo.people import People
from backend.imaging.models import Instance
from backend.worklists.models import Task
from backend.worklists.services import project_tasks_sync, task_open, task_submit
from ml_worker.contract.masks import encode_mask


def finish_first_tasks(people: People, *, project_id: UUID, truth: Path, patients: int) -> None:
    """Submit the ground truth of the first `patients` tasks of a project."""
    project_tasks_sync(project_id=project_id)
    tasks = Task.objects.filter(project_id=project_id).select_related(
        "unit__grid__series", "document"
    )
    for task in tasks.order_by("unit__number")[:patients]:
        _finish(people, task, truth / f"{task.unit.grid.series.uid}.npz")


def _finish(people: People, task: Task, truth: Path) -> None:
    actor = people.actor("phantom-truth")
    lock = task_open(actor=actor, task_id=task.pk, take_over=True)
    if lock is None:
        return  # handed in by an earlier run that was cut short
    with np.load(truth) as stored:
        masks = list(_masks(stored["labelmap_kji"], stored["sop_uids"]))
    edit = EditIn(tool="ground-truth", segments=[1, 2, 3, 4, 5], origin="manual")
    change = RevisionIn(
        request_id=uuid4(),
        base_number=task.document.head_number,
        lock_token=lock.token,
        masks=masks,
        answers={"quality": "good"},
        edits=[edit],
    )
    saved = revision_save(actor=actor, document_id=task.document_id, change=change)
    task_submit(actor=actor, task_id=task.pk, lock_token=lock.token, base_number=saved.number)


def _masks(labelmap_kji: NDArray[np.uint8], sop_uids: NDArray[np.str_]) -> Iterator[MaskIn]:
    """Yield a mask for each frame that shows anything, named by its image, not by its place."""
    pks = dict(Instance.objects.filter(sop_uid__in=list(sop_uids)).values_list("sop_uid", "pk"))
    for labels_ji, sop_uid in zip(labelmap_kji, sop_uids, strict=True):
        if labels_ji.any():
            data = base64.b64encode(encode_mask(labels_ji)).decode()
            yield MaskIn(layer=0, frame=f"{pks[str(sop_uid)]}.1", data=data)
