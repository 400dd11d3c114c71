"""A store of its own for the world's files."""

import pytest

from backend.core import blobs


@pytest.fixture
def own_store(settings, tmp_path):
    """Return a folder; blobs and caches of the test lie below it."""
    settings.LIMN_BLOBS = str(tmp_path / "blobs")
    settings.LIMN_CACHE = tmp_path / "cache"
    settings.LIMN_UPLOADS = tmp_path / "uploads"
    blobs.blob_store.cache_clear()
    yield tmp_path
    blobs.blob_store.cache_clear()
