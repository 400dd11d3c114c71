"""Windows and thumbnails: small things seen from the middle frame, computed once and kept."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from django.conf import settings

from backend.core.actor import Actor
from backend.core.errors import LimnError
from backend.imaging.domain.messages import ImageOut, PresetOut
from backend.imaging.domain.presets import percentiles_of, presets_for
from backend.imaging.models import Grid
from backend.imaging.selectors.cache import cache_find, cache_put
from backend.imaging.selectors.grids import grid_get
from backend.imaging.selectors.rendering import middle_frame, shown, thumbnail_of


def grid_presets(grid: Grid, images: Sequence[ImageOut]) -> list[PresetOut]:
    """Return the windows of a grid; none for colour, which is shown as it is."""
    middle = images[len(images) // 2]
    if middle.samples_per_pixel == 3:
        return []
    spread = None if grid.series.modality == "CT" else _percentiles(grid)
    return presets_for(grid.series.modality, middle, spread)


def thumbnail_get(*, actor: Actor, grid_id: UUID) -> bytes:
    """Return the middle slice of a grid as WebP, windowed."""
    return thumbnail_of(grid_get(actor=actor, grid_id=grid_id))


def _percentiles(grid: Grid) -> tuple[float, float] | None:
    """Return low and high shown values of the middle frame; None where it cannot be decoded."""
    path: Path = settings.LIMN_CACHE / "windows" / f"{grid.pk}.json"
    if cache_find(path) is not None:
        low, high = json.loads(path.read_text(encoding="utf-8"))
        return low, high
    try:
        values, _ = shown(*middle_frame(grid))
    except LimnError:
        return None
    found = percentiles_of(values)
    cache_put(path, json.dumps(found).encode())
    return found
