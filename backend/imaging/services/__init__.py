"""Write side of imaging: taking files in, forming grids, granting access."""

from backend.imaging.services.audiences import audience_add_studies, audience_set_members
from backend.imaging.services.grids import grids_refresh
from backend.imaging.services.ingest import files_ingest, ingest_paths, run_finish, run_open

__all__ = [
    "audience_add_studies",
    "audience_set_members",
    "files_ingest",
    "grids_refresh",
    "ingest_paths",
    "run_finish",
    "run_open",
]
