"""What a viewer needs to show a grid, and the studies in lists."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.frame_token import derive_key, token_sign
from backend.imaging.domain.messages import (
    FrameOut,
    FrameTokenOut,
    GridOut,
    GridView,
    ImageOut,
    SeriesRefOut,
    StudyRefOut,
    TableRefOut,
)
from backend.imaging.models import Grid, Instance
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.grids import frame_key, grid_get
from backend.imaging.selectors.windows import grid_presets

# Grids people are at work on; one of 300 frames is about half a megabyte.
REMEMBERED = 24


@dataclass(frozen=True)
class _Remarks:
    """What there is to say of the values of a grid's images."""

    suv: str | None
    overlays: tuple[str, ...]


def grid_out(grid: Grid) -> GridOut:
    """Return a grid as the interface speaks of it."""
    return GridOut(
        id=grid.pk,
        name=grid.name,
        is_regular=grid.is_regular,
        reason=grid.reason or None,
        shape_kji=(grid.frame_count, grid.rows, grid.columns),
        spacing_mm_ijk=_three(grid.spacing_mm_ijk),
        origin_mm_lps=_three(grid.origin_mm_lps),
        direction=grid.direction,
        frame_of_reference_uid=grid.frame_of_reference_uid or None,
    )


def grid_view(*, actor: Actor, grid_id: UUID) -> GridView:
    """Return everything a viewer needs, with leave to read the frames of the study."""
    grid = grid_get(actor=actor, grid_id=grid_id)
    series, study = grid.series, grid.series.study
    images, frames, remarks = _images_and_frames(grid)
    return GridView(
        grid=grid_out(grid),
        modality=series.modality,
        series=SeriesRefOut(
            id=series.pk, uid=series.uid, description=series.description, number=series.number
        ),
        study=StudyRefOut(
            id=study.pk, uid=study.uid, date=study.date or None, description=study.description
        ),
        images=images,
        frames=frames,
        frame_token=_token(actor, study.pk),  # who sees the grid sees its study
        presets=grid_presets(grid, images),
        overlays=list(remarks.overlays),
        suv=remarks.suv,
        warnings=_warnings(grid),
    )


def frame_token(*, actor: Actor, study_id: UUID) -> FrameTokenOut:
    """Return leave to read the frames of a study for some minutes; NotFound if unseen."""
    if not studies_visible_to(actor=actor).filter(pk=study_id).exists():
        raise NotFound("There is no such study.")
    return _token(actor, study_id)


def _token(actor: Actor, study_id: UUID) -> FrameTokenOut:
    """Return leave to read the frames of a study that the actor was found to see."""
    expires = int(time.time()) + settings.LIMN_FRAME_TOKEN_SECONDS
    key = derive_key(settings.SECRET_KEY)
    return FrameTokenOut(
        token=token_sign(key, study_id, actor.user_id, expires),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )


@lru_cache(maxsize=REMEMBERED)
def _images_and_frames(grid: Grid) -> tuple[list[ImageOut], list[FrameOut], _Remarks]:
    """Return images, frames and what there is to say of them; remembered by the grid's key, because a grid never changes."""
    modules = {
        pk: (rows or 0, columns or 0, module, [entry["v"] for entry in geometry])
        for pk, rows, columns, module, geometry in Instance.objects.filter(
            pk__in={frame[0] for frame in grid.frames}
        ).values_list("pk", "rows", "columns", "pixel_module", "frame_geometry")
    }
    images: list[ImageOut] = []
    places: dict[str, int] = {}
    frames = []
    values: list[dict[str, Any]] = []
    for pk, number, position in grid.frames:
        rows, columns, module, transforms = modules[pk]
        rows, columns = module.get("tile", (rows, columns))
        transform = transforms[number - 1]
        said = repr((rows, columns, module["served"], module["values"][transform]))
        place = places.setdefault(said, len(images))
        if place == len(images):
            images.append(_image(grid, rows, columns, module, transform))
            values.append(module["values"][transform])
        frames.append(
            FrameOut(
                key=frame_key(pk, number),
                url=f"/frames/{grid.series.study_id}/{pk}/{number}",
                image=place,
                position_mm_lps=_three(position),
                orientation=grid.orientation,
            )
        )
    return images, frames, _remarks(values)


def _remarks(values: list[dict[str, Any]]) -> _Remarks:
    """Return what all images of a grid say of their values; where they differ, what is worst."""
    whys = {each["suv_why"]: each["suv"] for each in values if each.get("suv_why")}
    unknown = [why for why, factor in whys.items() if factor is None]
    said = next(iter(unknown or whys), None)
    return _Remarks(
        said,
        overlays=tuple(dict.fromkeys(name for each in values for name in each.get("overlays", []))),
    )


def _image(grid: Grid, rows: int, columns: int, module: dict[str, Any], transform: int) -> ImageOut:
    values = module["values"][transform]
    is_colour = module["served"]["samples_per_pixel"] == 3
    return ImageOut(
        rows=rows,
        columns=columns,
        rescale_slope=None if is_colour else values["slope"],
        rescale_intercept=None if is_colour else values["intercept"],
        rescale_type=values["rescale_type"],
        window_center=[] if is_colour else values["center"],
        window_width=[] if is_colour else values["width"],
        voi_lut_function=values["voi_function"],
        voi_tables=[] if is_colour else _table_refs(values),
        pixel_spacing_mm=tuple(grid.pixel_spacing_mm) if grid.pixel_spacing_mm else None,
        pixel_aspect=values["aspect"],
        suv_factor=values.get("suv"),
        **module["served"],
    )


def _table_refs(values: dict[str, Any]) -> list[TableRefOut]:
    return [
        TableRefOut(name=table["name"], first=table["first"], count=table["count"])
        for table in values.get("tables", [])
    ]


def _warnings(grid: Grid) -> list[str]:
    own = list(grid.series.warnings)
    if grid.superseded_at is not None:
        own.append("More images of this series have arrived since; this is the series as it was.")
    return own


def _three(values: list[float] | None) -> tuple[float, float, float] | None:
    return None if values is None else (values[0], values[1], values[2])
