"""What deliveries and viewers leave behind: broken-off uploads, and a cache that grows."""

import time
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings

from backend.imaging.models import Upload
from backend.imaging.selectors.cache import cache_trim

# A sender may come back to a broken-off upload for this long.
UPLOAD_SECONDS = 7 * 24 * 3600.0


def uploads_sweep() -> int:
    """Remove what arrived of uploads that nobody went on with; return how many.

    A sender who comes later is told to send the file again. One that is being taken in stays.
    """
    before = time.time() - UPLOAD_SECONDS
    old = [path for path in _parts() if _modified(path) < before]
    busy = set(
        Upload.objects.filter(
            pk__in=[pk for path in old if (pk := _upload_of(path))], state="ingesting"
        ).values_list("pk", flat=True)
    )
    swept = [path for path in old if _upload_of(path) not in busy]
    for path in swept:
        path.unlink(missing_ok=True)
    return len(swept)


def tidy() -> dict[str, int]:
    """Sweep uploads and trim the cache; tell how much of each."""
    return {"uploads": uploads_sweep(), "cache_bytes": cache_trim()}


def _parts() -> list[Path]:
    folder: Path = settings.LIMN_UPLOADS
    return [path for path in folder.glob("*") if path.is_file()]


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _upload_of(path: Path) -> UUID | None:
    with suppress(ValueError):
        return UUID(path.stem)
    return None
