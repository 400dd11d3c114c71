"""Files to take in, and a store of their own for every test."""

from pathlib import Path

import pytest

from backend.core import blobs
from backend.core.actor import Actor
from backend.imaging.services import ingest_paths
from fixtures.phantoms import phantom
from tests.backend.imaging.remotes import dimse, orthanc  # noqa: F401  fixtures


@pytest.fixture(autouse=True)
def own_store(settings, tmp_path):
    """Give each test an empty blob store, cache and upload folder."""
    settings.LIMN_BLOBS = str(tmp_path / "blobs")
    settings.LIMN_CACHE = tmp_path / "cache"
    settings.LIMN_UPLOADS = tmp_path / "uploads"
    blobs.blob_store.cache_clear()
    yield tmp_path / "blobs"
    blobs.blob_store.cache_clear()


@pytest.fixture
def system():
    return Actor.system()


@pytest.fixture
def make_phantom(tmp_path):
    """Write a phantom by name."""
    return lambda name: phantom(name, tmp_path / "in" / name)


@pytest.fixture
def take_in():
    """Take files in as the given actor (the system by default) and return the run."""

    def take(*paths, actor=None):
        return ingest_paths(actor=actor or Actor.system(), paths=[Path(p) for p in paths])

    return take
