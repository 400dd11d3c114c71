"""How a person works through a queue, over the real doors."""

from uuid import uuid4

from tests.backend.annotations.editing import text_of


def next_task(browser, project, **body):
    answer = browser.post(f"/api/v1/projects/{project.pk}/next", body)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def post(browser, opened, verb, **body):
    """Send `verb` for an opened task, with its lock."""
    token = {"lock_token": opened["lock"]["token"]} if opened["lock"] else {}
    return browser.post(f"/api/v1/tasks/{opened['task']['id']}/{verb}", {**token, **body})


def save(browser, opened, base_number, masks=(), *, frames, **fields):
    """Save `masks`, [(layer, k, labels_ji | None)], on an opened task."""
    body = {
        "request_id": str(uuid4()),
        "base_number": base_number,
        "lock_token": opened["lock"]["token"],
        "masks": [
            {
                "layer": layer,
                "frame": frames[k],
                "data": None if labels is None else text_of(labels),
            }
            for layer, k, labels in masks
        ],
        **fields,
    }
    return browser.post(f"/api/v1/documents/{opened['document']['id']}/revisions", body)
