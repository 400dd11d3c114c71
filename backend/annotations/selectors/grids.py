"""Grids and schema versions as a save needs them, kept per process: neither ever changes."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from backend.annotations.domain import SchemaRules
from backend.imaging.models import Grid
from backend.projects.models import LabelSchema

GRIDS_KEPT = 128
SCHEMAS_KEPT = 256


@dataclass(frozen=True)
class GridFrames:
    """The frames of a grid in its order, all of one size; `known` answers membership."""

    rows: int
    columns: int
    keys: tuple[str, ...]
    known: frozenset[str]


@lru_cache(maxsize=GRIDS_KEPT)
def grid_frames(grid_id: UUID) -> GridFrames:
    """Return the frame keys of a grid; a grid that changes becomes another grid."""
    grid = Grid.objects.only("rows", "columns", "frames").get(pk=grid_id)
    keys = tuple(f"{instance}.{number}" for instance, number, *_ in grid.frames)
    return GridFrames(grid.rows, grid.columns, keys, frozenset(keys))


@lru_cache(maxsize=SCHEMAS_KEPT)
def schema_rules(schema_id: int) -> SchemaRules:
    """Return a schema version, compiled; versions are immutable."""
    document = LabelSchema.objects.values_list("document", flat=True).get(pk=schema_id)
    return SchemaRules.of(document)
