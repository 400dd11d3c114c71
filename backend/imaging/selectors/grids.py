"""Reads of grids: for projects, workers and viewers."""

from collections.abc import Sequence
from uuid import UUID

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.models import Grid, Instance
from backend.imaging.selectors.access import studies_visible_to
from ml_worker.contract.messages import BlobRef, FrameRef, VolumeRef


def grid_get(*, actor: Actor, grid_id: UUID) -> Grid:
    """Return a grid with its series, study and patient; superseded ones too, for labels on them."""
    grid = (
        Grid.objects.select_related("series__study__patient")
        .filter(pk=grid_id, series__study__in=studies_visible_to(actor=actor))
        .first()
    )
    if grid is None:
        raise NotFound("There is no such image series.")
    return grid


def grids_get(*, actor: Actor, grid_ids: Sequence[UUID]) -> list[Grid]:
    """Return these current grids in a stable order; one unseen or superseded is NotFound."""
    wanted = set(grid_ids)
    grids = list(
        Grid.objects.select_related("series__study")
        .filter(pk__in=wanted, superseded_at=None)
        .filter(series__study__in=studies_visible_to(actor=actor))
        .order_by("series__study__created_at", "series__number", "series__uid", "number")
    )
    if len(grids) != len(wanted):
        raise NotFound("One of the image series is not there any more.")
    return grids


def grids_for_studies(*, actor: Actor, study_ids: Sequence[UUID]) -> list[Grid]:
    """Return the current grids of these studies: by study, series number, grid number."""
    wanted = set(study_ids)
    visible = studies_visible_to(actor=actor).filter(pk__in=wanted)
    if visible.count() != len(wanted):
        raise NotFound("One of the studies is not there.")
    return list(
        Grid.objects.select_related("series__study")
        .filter(series__study_id__in=wanted, superseded_at=None)
        .order_by("series__study__created_at", "series__number", "series__uid", "number")
    )


def frame_key(instance_pk: int, number: int) -> str:
    """Return the name of a frame: ``<instance pk>.<frame number from 1>``."""
    return f"{instance_pk}.{number}"


def frame_keys(grid: Grid) -> list[str]:
    """Return the keys of the grid's frames, in grid order."""
    return [frame_key(pk, number) for pk, number, _ in grid.frames]


def volume_ref(grid_id: UUID) -> VolumeRef:
    """Return what a model worker needs to read the grid's pixels from the blob store."""
    grid = Grid.objects.select_related("series").get(pk=grid_id)
    blobs = {
        pk: BlobRef(sha256=sha256, size=size)
        for pk, sha256, size in Instance.objects.filter(
            pk__in={frame[0] for frame in grid.frames}
        ).values_list("pk", "blob_sha256", "size_bytes")
    }
    frames = tuple(
        FrameRef(key=frame_key(pk, number), blob=blobs[pk], frame=number)
        for pk, number, _ in grid.frames
    )
    return VolumeRef(
        grid_id=str(grid.pk),
        frames=frames,
        rows=grid.rows,
        columns=grid.columns,
        origin_mm_lps=_numbers(grid.origin_mm_lps),
        spacing_mm_ijk=_numbers(grid.spacing_mm_ijk),
        direction=_numbers(grid.direction),
        modality=grid.series.modality,
        regular=grid.is_regular,
    )


def _numbers(values: Sequence[float] | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(values)
