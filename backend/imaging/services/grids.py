"""Grids of series: formed from what the headers say, kept where labels may lie on them."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from backend.core.actor import Actor
from backend.core.domain import OPEN_STATES
from backend.core.models import Job
from backend.core.services import Progress, job_create
from backend.imaging.domain import mosaic
from backend.imaging.domain.grid_plan import GridPlan, PlacedFrame, plan_grids
from backend.imaging.domain.identity import UID_SUBSTITUTED
from backend.imaging.domain.sop_classes import is_picture
from backend.imaging.models import Grid, Instance, Series
from backend.imaging.services.copies import copies_later
from backend.imaging.task_names import FORM_GRIDS
from ml_worker.pixels import films

OTHER_PATIENT = "other_patient"
_REMARKS = {
    UID_SUBSTITUTED: "Some files carry no valid identifiers; Limn refers to them by its own.",
    OTHER_PATIENT: "Some files name another patient than the rest of the study.",
    films.NOT_SHOWN: "Some files are videos; they are kept as they came, and cannot be shown here, "
    "because this installation has no decoder for them.",
    mosaic.NO_COUNT: "These are mosaics that do not say how many slices each holds; they are shown "
    "whole, and form no volume.",
    mosaic.NO_DIRECTION: "These are mosaics that do not say which way their slices follow one "
    "another; the slices are shown one by one, and form no volume.",
}


def grids_refresh(series_ids: Iterable[UUID]) -> None:
    """Form the grids of these series anew where files have arrived since."""
    for series_id in sorted(set(series_ids)):
        grids_form(series_id=series_id)


def grids_later(*, actor: Actor, series_ids: Iterable[UUID]) -> None:
    """Have the grids of these series formed in the background, in case nobody closes the run.

    Called after the caller's transaction has marked the series stale, so that it holds the row. A
    job that has not begun will see what the caller wrote; one that runs may have read the
    frames before, so another follows it.
    """
    keys = [str(series_id) for series_id in sorted(set(series_ids))]
    wanted = [*keys, *(f"{key}:again" for key in keys)]
    there = Job.objects.filter(kind=FORM_GRIDS, dedupe_key__in=wanted, state__in=OPEN_STATES)
    states = dict(there.values_list("dedupe_key", "state"))
    running = {key for key, state in states.items() if state == "running"}
    waiting = states.keys() - running
    for key in keys:
        if key in waiting or f"{key}:again" in waiting:
            continue  # as for all but the first files of a long series
        job_create(
            actor=actor,
            kind=FORM_GRIDS,
            queue="default",
            request={"series_id": key},
            dedupe_key=f"{key}:again" if key in running else key,
        )


def grids_form_job(job: Job, _progress: Progress) -> dict[str, Any]:
    """Handle a job made by `grids_later`."""
    grids_form(series_id=UUID(job.request["series_id"]))
    return {}


@transaction.atomic
def grids_form(*, series_id: UUID) -> None:
    """Form one series' grids. A grid whose frames stay is kept; one in use is superseded.

    The series row is held for the time, so that two deliveries do not form grids twice; files
    that arrive meanwhile mark the series stale again when they get hold of it.
    """
    series = Series.objects.select_for_update(no_key=True, of=("self",)).get(pk=series_id)
    if not series.grids_stale:
        return
    plans = plan_grids(_frames_of(series))
    current = {_signature(grid): grid for grid in series.grids.filter(superseded_at=None)}
    wanted = [_row(series, plan, number) for number, plan in enumerate(plans)]
    signatures = {_signature(grid) for grid in wanted}
    for signature, grid in current.items():
        if signature not in signatures:
            _retire(grid)
    Grid.objects.bulk_create(grid for grid in wanted if _signature(grid) not in current)
    series.warnings = _warnings(series, plans)
    series.grids_stale = False
    series.save(update_fields=["warnings", "grids_stale"])
    copies_later(series_id=series_id)


def _frames_of(series: Series) -> list[PlacedFrame]:
    rows = Instance.objects.filter(series=series, frame_count__gt=0).values_list(
        "pk", "number", "sop_class_uid", "rows", "columns", "frame_geometry", "pixel_module"
    )
    return [
        PlacedFrame(
            instance_pk=pk,
            number=place + 1,
            instance_number=number,
            rows=module.get("tile", [height])[0] or 0,
            columns=module.get("tile", [width])[-1] or 0,
            is_colour=module["served"]["samples_per_pixel"] == 3,
            entry=entry,
        )
        for pk, number, sop_class, height, width, entries, module in rows.iterator(500)
        if is_picture(sop_class)
        for place, entry in enumerate(entries)
    ]


def _row(series: Series, plan: GridPlan, number: int) -> Grid:
    grid, first = plan.grid, plan.first
    spacings = {tuple(frame.entry["s"] or ()) for frame in plan.frames}
    spacing = list(spacings.pop()) if len(spacings) == 1 else []
    placed = first.is_placed
    return Grid(
        series=series,
        name=plan.name[:120],
        number=number,
        is_regular=plan.is_regular,
        reason=plan.reason[:400],
        rows=first.rows,
        columns=first.columns,
        frame_count=len(plan.frames),
        origin_mm_lps=list(grid.origin_mm_lps) if grid else None,
        spacing_mm_ijk=list(grid.spacing_mm_ijk) if grid else None,
        direction=list(grid.direction) if grid else None,
        orientation=first.entry["o"] if placed else None,
        pixel_spacing_mm=first.entry["s"] if placed else spacing or None,
        frame_of_reference_uid=first.entry["f"] if placed else "",
        frames=[
            [frame.instance_pk, frame.number, frame.entry["p"] if placed else None]
            for frame in plan.frames
        ],
    )


def _signature(grid: Grid) -> str:
    """Return what makes two grids the same: their frames in order, and where these lie."""
    parts: list[Any] = [grid.name, grid.frames, grid.is_regular, grid.reason]
    return json.dumps(parts)


def _retire(grid: Grid) -> None:
    """Remove a grid that nobody uses; supersede one that labels may lie on."""
    try:
        with transaction.atomic():
            grid.delete()
    except ProtectedError:
        Grid.objects.filter(pk=grid.pk).update(superseded_at=timezone.now())


def _warnings(series: Series, plans: list[GridPlan]) -> list[str]:
    uneven: dict[str, list[str]] = {}
    for plan in plans:
        if plan.first.is_placed and not plan.is_regular:
            uneven.setdefault(plan.reason, []).append(plan.name)
    remarks: set[str] = set()
    listed = Instance.objects.filter(series=series).exclude(remarks=[])
    for codes in listed.values_list("remarks", flat=True):
        remarks.update(codes)
    spoken = [_REMARKS[code] for code in sorted(remarks) if code in _REMARKS]
    for said in series.source_files.order_by("pk").values_list("remarks", flat=True):
        spoken += [word for word in said if word not in spoken]
    return [_sentence(names, reason) for reason, names in uneven.items()] + spoken


def _sentence(names: list[str], reason: str) -> str:
    """Return why grids are no regular volumes, with the first one's name where it has one."""
    first, others = names[0], len(names) - 1
    if not first:
        return reason
    shown = first if "=" in first.split(" ")[0] else f"{first[0].upper()}{first[1:]}"
    return f"{shown}{f' and {others} more' if others else ''}: {reason}"
