"""Read side of imaging: everything asks who is asking first."""

from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.grids import (
    frame_key,
    frame_keys,
    grid_get,
    grids_for_studies,
    grids_get,
    volume_ref,
)
from backend.imaging.selectors.views import grid_view

__all__ = [
    "frame_key",
    "frame_keys",
    "grid_get",
    "grid_view",
    "grids_for_studies",
    "grids_get",
    "studies_visible_to",
    "volume_ref",
]
