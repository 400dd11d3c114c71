"""A small project with work in every state and a trained version, made over the API."""

import base64
import time
from dataclasses import dataclass
from uuid import uuid4

import httpx
import numpy as np

from ml_worker.contract.masks import encode_mask
from tests.e2e.world import person_id

SEGMENTS = [
    {"id": 1, "name": "Liver", "color": "#e69f00"},
    {"id": 2, "name": "A structure with a long name, left of the second one", "color": "#56b4e9"},
]


DEMO = "Abdominal organs, CT"


@dataclass(frozen=True)
class Labelled:
    """Where to look."""

    project: str
    release: str
    open_task: str
    submitted_task: str
    study: str


def make_labelled_project(client: httpx.Client, name: str) -> Labelled:
    """Make the project on six CT studies of the demo; label, judge, train and release what it takes."""
    projects = client.get("/api/v1/projects").raise_for_status().json()["results"]
    demo = next(row["id"] for row in projects if row["name"] == DEMO)
    studies = client.get("/api/v1/studies", params={"project": demo}).json()["results"][:6]
    body = {
        "name": name,
        "instructions": "# What to do\n\nOutline the **liver**.\n\n- slowly\n- well",
        "schema": {"segments": SEGMENTS, "questions": [QUESTION], "shapes": [SHAPE]},
        "study_ids": [study["id"] for study in studies],
        "members": [{"user_id": person_id(client, "manager@limn.example"), "role": "viewer"}],
    }
    project = client.post("/api/v1/projects", json=body).raise_for_status().json()["id"]
    rows = client.get(f"/api/v1/projects/{project}/tasks").raise_for_status().json()["results"]
    tasks = [row["id"] for row in sorted(rows, key=lambda row: row["number"])]
    for task in tasks[:4]:
        submit_square(client, task)
    _judge(client, tasks)
    _train(client, project)
    split = {"train": 60, "validation": 20, "test": 20, "seed": 1}
    release = client.post(
        f"/api/v1/projects/{project}/releases", json={"name": "First", "split": split}
    ).raise_for_status()
    return Labelled(project, release.json()["id"], tasks[-1], tasks[1], studies[0]["id"])


QUESTION = {
    "id": "quality",
    "text": "How good is the image?",
    "kind": "choice",
    "options": [{"value": "good", "label": "Good"}, {"value": "poor", "label": "Poor"}],
    "required": False,
}
SHAPE = {"id": "width", "name": "Width", "kind": "length", "color": "#009e73"}


def submit_square(client: httpx.Client, task: str) -> None:
    """Draw two squares on the middle slices of a task and hand it in."""
    opened = client.post(f"/api/v1/tasks/{task}/open", json={}).raise_for_status().json()
    token = opened["lock"]["token"]
    frames = opened["view"]["frames"]
    image = opened["view"]["images"][frames[0]["image"]]
    labels = np.zeros((image["rows"], image["columns"]), np.uint16)
    labels[60:90, 60:90] = 1
    labels[60:90, 100:120] = 2
    data = base64.b64encode(encode_mask(labels)).decode()
    middle = len(frames) // 2
    masks = [
        {"layer": 0, "frame": frame["key"], "data": data}
        for frame in frames[middle - 2 : middle + 3]
    ]
    change = {
        "request_id": str(uuid4()),
        "base_number": opened["document"]["head_number"],
        "lock_token": token,
        "reason": "autosave",
        "masks": masks,
        "edits": [{"tool": "brush", "segments": [1, 2], "origin": "manual"}],
        "active_ms": 90_000,
    }
    saved = client.post(f"/api/v1/documents/{opened['document']['id']}/revisions", json=change)
    number = saved.raise_for_status().json()["number"]
    submit = {"lock_token": token, "base_number": number, "open_next": False}
    client.post(f"/api/v1/tasks/{task}/submit", json=submit).raise_for_status()


def _judge(client: httpx.Client, tasks: list[str]) -> None:
    accept, give_back = {"verdict": "accept"}, {"verdict": "return", "reason": "Too wide."}
    client.post(f"/api/v1/tasks/{tasks[0]}/review", json=accept).raise_for_status()
    client.post(f"/api/v1/tasks/{tasks[3]}/review", json=give_back).raise_for_status()


def _train(client: httpx.Client, project: str) -> None:
    """Learn for a few steps: the screens need a version, not a good one."""
    bounds = {"max_steps": 4, "max_seconds": 60}
    client.post(f"/api/v1/projects/{project}/train", json=bounds).raise_for_status()
    until = time.monotonic() + 240
    while time.monotonic() < until:
        runs = client.get(f"/api/v1/projects/{project}/training-runs").json()["results"]
        if runs[0]["state"] not in {"queued", "sent", "running"}:
            assert runs[0]["state"] == "succeeded", runs[0]
            return
        time.sleep(0.5)
    raise AssertionError("the training did not end")
