"""Small moves of an editor, for tests: paint a frame, save it, look at the state."""

import base64
import threading
from dataclasses import dataclass
from uuid import uuid4

import numpy as np
from django.db import connection

from backend.annotations.domain import RevisionIn
from backend.annotations.selectors import labelmaps_kji
from backend.annotations.services import document_create, lock_take, revision_save
from backend.core.actor import Actor
from ml_worker.contract.masks import encode_mask


@dataclass
class Desk:
    """One person's open document."""

    actor: Actor
    document_id: object
    keys: list[str]
    token: object
    shape: tuple[int, int]

    def body(self, base_number, masks=(), **fields):
        """Return a save; `masks` is [(layer, k, labels_ji | None)]."""
        return {
            "request_id": str(uuid4()),
            "base_number": base_number,
            "lock_token": str(self.token),
            "reason": "autosave",
            "masks": [
                {
                    "layer": layer,
                    "frame": self.keys[k],
                    "data": None if labels is None else text_of(labels),
                }
                for layer, k, labels in masks
            ],
            "objects": [],
            "answers": {},
            "edits": [],
            "active_ms": 0,
            **fields,
        }

    def save(self, base_number, masks=(), **fields):
        change = RevisionIn.model_validate(self.body(base_number, masks, **fields))
        return self.send(change)

    def send(self, change):
        return revision_save(actor=self.actor, document_id=self.document_id, change=change)

    def layers(self, number=None):
        return labelmaps_kji(self.document_id, number)


def text_of(labels):
    return base64.b64encode(encode_mask(labels)).decode()


def make_desk(project, grid, user):
    schema = project.schemas.get(number=project.schema_number)
    document_id = document_create(project_id=project.pk, grid_id=grid.pk, schema_id=schema.pk)
    lock = lock_take(document_id=document_id, user_id=user.pk, seconds=60)
    keys = [f"{instance}.{number}" for instance, number, _ in grid.frames]
    actor = Actor(user_id=user.pk, is_admin=user.is_admin)
    return Desk(actor, document_id, keys, lock.token, (grid.rows, grid.columns))


def painted(value, *pixels, shape=(5, 7)):
    """Return labels [rows, columns] with `value` on the (row, column) pixels."""
    labels = np.zeros(shape, dtype=np.uint16)
    for row, column in pixels:
        labels[row, column] = value
    return labels


def run_in_threads(work, count):
    """Run `work(n)` at once in `count` threads; what one raises is raised here."""
    gate = threading.Barrier(count)
    failures = []

    def run(n):
        try:
            gate.wait()
            work(n)
        except Exception as error:  # noqa: BLE001  told below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
