"""Releases of phantoms, and exports of them opened again by other eyes."""

import pytest

from tests.backend.exports.reading import Exporter
from tests.backend.releases.conftest import phantoms  # noqa: F401  fixture


@pytest.fixture
def exporter(phantoms, alice):  # noqa: F811  the fixture above
    return Exporter(phantoms, alice)


@pytest.fixture(autouse=True)
def patient(settings):
    """Let heartbeats wait: their thread cannot see rows of a test that never commits."""
    settings.LIMN_LEASE_SECONDS = 3000
