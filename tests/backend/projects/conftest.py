"""The doorbells of this room's tests; the broker is the process edge and stays outside."""

import pytest


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """Return the doorbells that were rung after a commit."""
    bells = []

    def note(task_name, /, *args, queue="default"):
        bells.append((task_name, *args))
        return True

    monkeypatch.setattr("backend.core.queue.ring", note)
    return bells
