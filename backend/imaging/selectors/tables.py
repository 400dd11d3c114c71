"""Brightness tables of a frame, read from its file when asked for."""

import base64
from typing import Any
from uuid import UUID

from pydicom import dcmread

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.curves import SEQUENCE_TAGS, Table, tables_of
from backend.imaging.domain.messages import TableListOut, TableOut
from backend.imaging.models import Instance
from backend.imaging.selectors.frames import local_file
from backend.imaging.selectors.grids import frame_keys, grid_get


def tables_get(*, actor: Actor, grid_id: UUID, key: str) -> TableListOut:
    """Return the brightness tables of a frame of a grid (by default the first); often none."""
    grid = grid_get(actor=actor, grid_id=grid_id)
    keys = frame_keys(grid)
    key = key or keys[0]
    if key not in keys:
        raise NotFound("There is no such frame.")
    instance_pk, number = (int(part) for part in key.split("."))
    module, entries = Instance.objects.values_list("pixel_module", "frame_geometry").get(
        pk=instance_pk
    )
    described = module["values"][entries[number - 1]["v"]].get("tables", [])
    tables = frame_tables(instance_pk, number, described) if described else []
    return TableListOut(
        results=[
            TableOut(
                name=said["name"],
                first=said["first"],
                count=said["count"],
                bits=said["bits"],
                entries=table and _packed(table),
            )
            for said, table in zip(described, tables, strict=True)
        ]
    )


def frame_tables(
    instance_pk: int, number: int, described: list[dict[str, Any]]
) -> list[Table | None]:
    """Return the tables of a frame that its header describes; None for one that cannot be read."""
    sha256 = Instance.objects.values_list("blob_sha256", flat=True).get(pk=instance_pk)
    dataset = dcmread(
        local_file(sha256), stop_before_pixels=True, force=True, specific_tags=[*SEQUENCE_TAGS]
    )
    return tables_of(dataset, number, described)


def _packed(table: Table) -> str:
    kind = "u1" if table.bits <= 8 else "<u2"
    return base64.b64encode(table.entries.astype(kind).tobytes()).decode("ascii")
