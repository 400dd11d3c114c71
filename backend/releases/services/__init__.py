"""Write side of releases."""

from backend.releases.services.create import NothingToRelease, release_create

__all__ = ["NothingToRelease", "release_create"]
