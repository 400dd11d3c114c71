"""A project of phantoms, and a model worker that is only its HTTP calls."""

import pytest

from tests.backend.inference.worker import FakeWorker
from tests.backend.releases.conftest import phantoms  # noqa: F401  fixture


@pytest.fixture
def worker():
    return FakeWorker()


@pytest.fixture
def rung(monkeypatch):
    """Note the doorbells; the broker is the process edge and stays out of these tests."""
    bells = []

    def note(task_name, /, *args, queue="default"):
        bells.append((task_name, args, queue))
        return True

    monkeypatch.setattr("backend.core.services.ring", note)
    return bells


@pytest.fixture(autouse=True)
def patient(settings):
    """Let heartbeats wait: their thread cannot see rows of a test that never commits."""
    settings.LIMN_LEASE_SECONDS = 3000
