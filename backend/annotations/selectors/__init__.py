"""Read side of annotations. What an actor may not see looks absent."""

from backend.annotations.selectors.access import (
    document_get,
    document_get_for_save,
    first_row,
)
from backend.annotations.selectors.callers import Caller, caller_by_session, caller_by_token
from backend.annotations.selectors.grids import GridFrames, grid_frames, schema_rules
from backend.annotations.selectors.history import revision_rows
from backend.annotations.selectors.states import (
    document_state,
    flat_at,
    labelmaps_kji,
    manifest_at,
    mask_bytes,
    mask_frames_at,
    segments_present,
    state_of,
)

__all__ = [
    "Caller",
    "GridFrames",
    "caller_by_session",
    "caller_by_token",
    "document_get",
    "document_get_for_save",
    "document_state",
    "first_row",
    "flat_at",
    "grid_frames",
    "labelmaps_kji",
    "manifest_at",
    "mask_bytes",
    "mask_frames_at",
    "revision_rows",
    "schema_rules",
    "segments_present",
    "state_of",
]
