"""`manage.py sweep`: remove what nothing refers to any more, now instead of by and by."""

from typing import Any

from django.core.management.base import BaseCommand

from backend.core.sweep import storage_sweep
from backend.imaging.services.tidy import tidy


class Command(BaseCommand):
    """Sweep stored files, broken-off uploads and the cache."""

    help = "Remove stored files that nothing has referred to for a week, old uploads, old cache."

    def handle(self, *_: Any, **__: Any) -> None:
        """Sweep and tell how much."""
        blobs, rest = sum(each.is_removed for each in storage_sweep()), tidy()
        self.stdout.write(
            f"Removed {blobs} stored files, {rest['uploads']} broken-off uploads and "
            f"{rest['cache_bytes'] / 1024**2:.0f} MiB of cache."
        )
