"""Projects made over the API for browser tests that need their own."""

from typing import Any

import httpx

TWO_SEGMENTS: dict[str, Any] = {
    "segments": [
        {"id": 1, "name": "Target", "color": "#e69f00"},
        {"id": 2, "name": "Other", "color": "#56b4e9"},
    ]
}
_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#d55e00")
_KINDS = ("box", "length", "polyline", "point", "polygon", "rectangle", "ellipse")
EVERYTHING: dict[str, Any] = {
    "segments": [
        *TWO_SEGMENTS["segments"],
        {"id": 3, "name": "Vessel", "color": "#009e73", "overlap": True},
    ],
    "shapes": [
        {"id": kind, "name": f"A {kind}", "kind": kind, "color": color}
        for kind, color in zip(_KINDS, _COLOURS, strict=True)
    ],
    "questions": [
        {
            "id": "quality",
            "text": "Quality",
            "kind": "choice",
            "required": True,
            "options": [{"value": "good", "label": "Good"}, {"value": "poor", "label": "Poor"}],
        },
        {
            "id": "why",
            "text": "Why is it poor?",
            "kind": "multi",
            "options": [{"value": "noise", "label": "Noise"}, {"value": "move", "label": "Motion"}],
            "when": {"question": "quality", "equals": "poor"},
        },
        {"id": "size", "text": "Largest size", "kind": "number", "unit": "mm", "min": 0},
        {"id": "note", "text": "Note", "kind": "text"},
    ],
}


def person_id(client: httpx.Client, email: str) -> str:
    """Return somebody's id."""
    rows = client.get("/api/v1/users", params={"search": email}).raise_for_status().json()
    return next(row["id"] for row in rows["results"] if row["email"] == email)


def make_project(
    client: httpx.Client,
    name: str,
    study_uids: list[str],
    annotator: str,
    schema: dict[str, Any] = TWO_SEGMENTS,
) -> str:
    """Make a project on these studies with one annotator; return its id."""
    ids = [
        client.get("/api/v1/studies", params={"search": uid}).json()["results"][0]["id"]
        for uid in study_uids
    ]
    body = {
        "name": name,
        "instructions": "",
        "schema": schema,
        "study_ids": ids,
        "members": [{"user_id": person_id(client, annotator), "role": "annotator"}],
    }
    return str(client.post("/api/v1/projects", json=body).raise_for_status().json()["id"])


def open_task_ids(client: httpx.Client, project_id: str) -> list[str]:
    """Return the project's tasks, by number."""
    rows = client.get(f"/api/v1/projects/{project_id}/tasks").raise_for_status().json()["results"]
    return [row["id"] for row in sorted(rows, key=lambda row: row["number"])]
