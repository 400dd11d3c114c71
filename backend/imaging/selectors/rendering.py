"""Pictures of frames, and of the frame that stands for a series or a study."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.curves import Table, through_table
from backend.imaging.domain.decode import Pixels, as_rgb8
from backend.imaging.domain.rendering import Kind, Look, Window, encoded, fitted, pictured
from backend.imaging.models import Grid, Instance
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.cache import cache_find, cache_put
from backend.imaging.selectors.dicomweb import instances_of
from backend.imaging.selectors.frames import frame_array, frame_source
from backend.imaging.selectors.tables import frame_tables

THUMBNAIL = Look(size=(192, 192), quality=80)
Place = tuple[int, int]


def shown(instance_pk: int, number: int) -> tuple[Pixels, dict[str, Any]]:
    """Return a frame in shown values (8-bit RGB if colour), and its value transform."""
    source = frame_source(instance_pk)
    if source is None or not 1 <= number <= source.frames:
        raise NotFound("There is no such frame.")
    module, entries = Instance.objects.values_list("pixel_module", "frame_geometry").get(
        pk=instance_pk
    )
    entry = entries[number - 1]
    values: dict[str, Any] = module["values"][entry["v"]]
    array = frame_array(source, number)
    if source.served["samples_per_pixel"] == 3:
        array = as_rgb8(array, source.bits_stored)
    else:
        slope, intercept = values["slope"], values["intercept"]
        array = array * (1.0 if slope is None else slope) + (intercept or 0.0)
    photometric = source.served["photometric_interpretation"]
    return array, {**values, "photometric": photometric, "spacing": entry["s"]}


def picture(place: Place, modality: str, look: Look, kind: Kind) -> bytes:
    """Return one frame as a picture; pixels that are not square are shown so where it is scaled."""
    array, values = shown(*place)
    window = look.window
    table = _first_table(place, values) if window is None else None
    if table is not None:
        array, window = through_table(table, array), Window(0.5, 1.0)
    down, across = values["spacing"] or values["aspect"] or (1.0, 1.0)
    aspect = down / across if down and across else 1.0
    image = fitted(pictured(array, values, modality, window), look, aspect)
    return encoded(image, kind, look.quality)


def _first_table(place: Place, values: dict[str, Any]) -> Table | None:
    """Return the brightness table that a frame is first seen through, as pydicom chooses."""
    if not values.get("tables"):
        return None
    return next(iter(frame_tables(*place, values["tables"])), None)


def rendered(
    *, actor: Actor, uids: tuple[str, str, str], number: int | None, look: Look, kind: Kind
) -> bytes:
    """Return the picture of a frame, or of what stands for an instance, a series or a study."""
    place, modality = _standing_for(actor, uids, number)
    return picture(place, modality, look, kind)


def rendered_frames(
    *, actor: Actor, uids: tuple[str, str, str], numbers: list[int], look: Look, kind: Kind
) -> Iterator[bytes]:
    """Return the pictures of some frames of an instance, each made when it is taken.

    One that is not there is refused before the first is made.
    """
    _standing_for(actor, uids, min(numbers))
    (pk, _), modality = _standing_for(actor, uids, max(numbers))
    return (picture((pk, number), modality, look, kind) for number in numbers)


def rendered_all(
    *, actor: Actor, uids: tuple[str, str, str], look: Look, kind: Kind
) -> Iterator[bytes]:
    """Yield the picture of every frame of a study, a series or an instance."""
    rows = _pictures_of(actor, uids).values_list("pk", "frame_count", "series__modality")
    for pk, frames, modality in rows.iterator(chunk_size=500):
        for number in range(1, frames + 1):
            yield picture((pk, number), modality, look, kind)


def preview_get(
    *, actor: Actor, study_id: UUID | None = None, series_id: UUID | None = None
) -> bytes:
    """Return the thumbnail of a series' or a study's largest grid."""
    wanted = Q(series_id=series_id) if series_id else Q(series__study_id=study_id)
    grid = _largest(Q(series__study__in=studies_visible_to(actor=actor)) & wanted)
    if grid is None:
        raise NotFound("There is no picture of it.")
    return thumbnail_of(grid)


def thumbnail_of(grid: Grid) -> bytes:
    """Return the middle slice of a grid as WebP, windowed; made at the first asking."""
    path: Path = settings.LIMN_CACHE / "thumbnails" / f"{grid.pk}.webp"
    if cache_find(path) is None:
        cache_put(path, picture(middle_frame(grid), grid.series.modality, THUMBNAIL, "WEBP"))
    return path.read_bytes()


def _largest(wanted: Q) -> Grid | None:
    return (
        Grid.objects.select_related("series")
        .filter(wanted, superseded_at=None)
        .order_by("-is_regular", "-frame_count", "pk")
        .first()
    )


def middle_frame(grid: Grid) -> Place:
    """Return the frame in the middle of a grid."""
    pk, number, _ = grid.frames[len(grid.frames) // 2]
    return pk, number


def _standing_for(
    actor: Actor, uids: tuple[str, str, str], number: int | None
) -> tuple[Place, str]:
    study_uid, series_uid, sop_uid = uids
    instances = _pictures_of(actor, uids)
    if not sop_uid:
        within = Q(series__uid=series_uid) if series_uid else Q()
        grid = _largest(Q(series__study__uid=study_uid) & within)
        if grid is not None:
            return middle_frame(grid), grid.series.modality
    found = instances.values_list("pk", "frame_count", "series__modality").first()
    if found is None:
        raise NotFound("There is no picture in it.")
    pk, frames, modality = found
    if number is not None and not 1 <= number <= frames:
        raise NotFound("There is no such frame.")
    return (pk, number or 1), modality


def _pictures_of(actor: Actor, uids: tuple[str, str, str]) -> Any:  # noqa: ANN401  a query set
    study_uid, series_uid, sop_uid = uids
    return instances_of(
        actor=actor, study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid
    ).filter(frame_count__gt=0)
