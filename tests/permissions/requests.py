"""What the walk sends: for each write a body that is as good as it can be without a lock.

A write under a lock is sent with a token nobody has: whoever may write learns that the lock is
not theirs (409), whoever may not is refused before.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.factories import LIVER_SCHEMA, PASSWORD
from tests.permissions.world import World

NO_LOCK = {"lock_token": str(UUID(int=1))}
SAVE = {
    "request_id": str(UUID(int=2)),
    "base_number": 0,
    "reason": "autosave",
    "masks": [],
    "objects": [],
    "answers": {"quality": "yes"},
    "edits": [],
    "active_ms": 0,
    **NO_LOCK,
}
SCHEMA = LIVER_SCHEMA.model_dump(mode="json")


@dataclass(frozen=True)
class Sent:
    """A body and what goes with it."""

    body: Any = None
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def request_for(method: str, route: str, world: World) -> Sent:
    """Return what to send to a route."""
    made = _BODIES.get(f"{method} {route}")
    if made is None:
        return Sent(body={} if method in {"POST", "PUT", "PATCH"} else None)
    sent = made(world) if callable(made) else made
    return sent if isinstance(sent, Sent) else Sent(body=sent)


def _piece(_world: World) -> Sent:
    return Sent(b"DICM", "application/offset+octet-stream", {"Upload-Offset": "0"})


def _stow(world: World) -> Sent:
    """Send a file that is stored already, as PS3.18 10.5 has it."""
    head = b"--edge\r\nContent-Type: application/dicom\r\n\r\n"
    kind = 'multipart/related; type="application/dicom"; boundary=edge'
    return Sent(head + world.file + b"\r\n--edge--\r\n", kind)


_HELLO = {"worker": "w1", "device": "cpu", "memory_mib": 512, "families": ["unet2d"]}
_API = "api/v1"
_PROJECT = f"{_API}/projects/{{project_id}}"
_TASK = f"{_API}/tasks/{{task_id}}"
_DOCUMENT = f"{_API}/documents/{{document_id}}"
_JOB = "worker/v1/jobs/{job_id}"

_BODIES: dict[str, Any] = {
    f"POST {_API}/session": {"email": "zoe@example.org", "password": PASSWORD},
    f"PUT {_API}/session/password": {"current": "not it", "new": PASSWORD},
    f"POST {_API}/users": {"email": "new@example.org", "name": "New", "password": PASSWORD},
    f"PATCH {_API}/users/{{user_id}}": {"name": "Zoë"},
    f"POST {_API}/tokens": {"name": "mine"},
    f"POST {_API}/ingest-runs": {"source": "browser", "label": "CT"},
    f"POST {_API}/deid/policies": {
        "document": {"name": "ours", "title": "Ours"},
        "scopes": ["source:stow"],
    },
    f"POST {_API}/deid/identity": {"pseudonym": "LIMN-X", "reason": "a finding"},
    f"POST {_API}/patients/{{patient_id}}/clinical": {"kind": "note", "value": "Well."},
    f"PUT {_API}/patients/{{patient_id}}/clinical/{{entry_id}}": {"kind": "note", "value": "Ill."},
    f"POST {_API}/patients/{{patient_id}}/clinical/csv": {"text": "name,value\nage,7"},
    f"POST {_API}/studies/ids": {"filter": {}},
    f"POST {_API}/tags": {"name": "Rare", "color": "#009e73"},
    f"PUT {_API}/tags/{{tag_id}}": {"name": "Strange", "color": "#009e73"},
    f"POST {_API}/tags/{{tag_id}}/give": {"filter": {}},
    f"POST {_API}/tags/{{tag_id}}/take": {"filter": {}},
    f"POST {_API}/cohorts": {"name": "All", "kind": "filter", "studies": {"filter": {}}},
    f"PATCH {_API}/cohorts/{{cohort_id}}": {"name": "Strange ones"},
    f"POST {_API}/quarantine/{{file_id}}/decide": {"decision": "discard"},
    f"POST {_API}/sources": {
        "name": "Remote",
        "settings": {"kind": "dicomweb", "url": "http://127.0.0.1:9/dicom-web"},
    },
    f"POST {_API}/source-tests": {
        "settings": {"kind": "dicomweb", "url": "http://127.0.0.1:9/dicom-web"},
    },
    f"POST {_API}/uploads": lambda world: {
        "run_id": world.ids["run_id"],
        "name": "b.dcm",
        "size": 4,
    },
    f"PATCH {_API}/uploads/{{upload_id}}": _piece,
    f"POST {_API}/projects": {"name": "Mine", "schema": SCHEMA},
    f"PATCH {_PROJECT}": {"name": "Renamed"},
    f"PUT {_PROJECT}/schema": {"document": SCHEMA, "base_number": 1},
    f"PUT {_PROJECT}/members/{{user_id}}": {"role": "annotator"},
    f"POST {_PROJECT}/units": lambda world: {"grid_ids": [world.ids["grid_id"]]},
    f"POST {_PROJECT}/assignments": lambda world: {
        "task_ids": [world.ids["task_id"]],
        "user_id": None,
    },
    f"POST {_PROJECT}/releases": {"name": "Second"},
    f"POST {_DOCUMENT}/revisions": SAVE,
    f"POST {_DOCUMENT}/restore": {
        "number": 0,
        "base_number": 0,
        "request_id": str(UUID(int=3)),
        **NO_LOCK,
    },
    f"POST {_TASK}/heartbeat": {**NO_LOCK, "active_ms": 5},
    f"POST {_TASK}/release": NO_LOCK,
    f"POST {_TASK}/skip": {**NO_LOCK, "reason": "blurred"},
    f"POST {_TASK}/problem": {**NO_LOCK, "text": "a slice is missing"},
    f"POST {_TASK}/submit": {**NO_LOCK, "base_number": 0, "open_next": False},
    f"POST {_TASK}/review": {"verdict": "return", "reason": "the dome is missing"},
    f"POST {_API}/grids/{{grid_id}}/features": lambda world: {
        "version_id": world.ids["sam_version_id"],
        "keys": [world.ids["frame_key"]],
    },
    f"POST {_API}/releases/{{release_id}}/exports": {"format": "nifti"},
    "POST dicomweb/studies": _stow,
    "POST dicomweb/studies/{study_uid}": _stow,
    "POST worker/v1/hello": {**_HELLO, "torch": "2.13.0", "torchvision": "0.28.0"},
    f"POST {_JOB}/claim": {"worker": "w1", "lease_s": 30},
    f"POST {_JOB}/heartbeat": {"attempt": 1, "progress": 0.5, "message": ""},
    f"POST {_JOB}/answer": lambda world: {
        "attempt": 1,
        "answer": {
            "kind": "failed",
            "job_id": world.ids["job_id"],
            "code": "cancelled",
            "detail": "Stopped.",
        },
    },
}
