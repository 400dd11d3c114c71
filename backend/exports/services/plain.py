"""A series as NIfTI, without a project: its volumes, and the labels that came with them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread

from backend.core.actor import Actor
from backend.exports.domain.nifti import narrowed, prove_nifti, write_nifti
from backend.exports.domain.stored_labels import (
    READABLE,
    STRUCTURE_SET,
    Labelled,
    NotLaid,
    segments_of,
    structures_of,
)
from backend.imaging.domain.decode import decode_frame
from backend.imaging.models import Grid, Instance, ObjectReference, Series
from backend.imaging.selectors.frames import local_file
from backend.imaging.selectors.links import target_of
from backend.imaging.selectors.rendering import shown
from backend.imaging.selectors.views import grid_view
from ml_worker.geometry.voxel_grid import VoxelGrid

NO_VOLUME = "It is no volume: {reason}"
COLOUR = "It is in colour; a NIfTI volume holds one value a voxel."
NO_SUV = "SUV is asked for, but: {why}"
NOT_PET = "these are no PET images."


def series_write(
    *, actor: Actor, series: Series, folder: Path, suv: bool = False
) -> Iterator[dict[str, Any]]:
    """Write each volume of a series and yield what was written, or why not, one by one.

    Every file is read back and compared before it is told.
    """
    for grid in Grid.objects.filter(series=series, superseded_at=None).order_by("number"):
        yield from _grid_write(actor, grid, folder, suv=suv)


def _grid_write(actor: Actor, grid: Grid, folder: Path, *, suv: bool) -> Iterator[dict[str, Any]]:
    name = _file_name(grid)
    lattice = _lattice(grid)
    if lattice is None:
        yield {"grid": grid.name, "left_out": NO_VOLUME.format(reason=grid.reason)}
        return
    view = grid_view(actor=actor, grid_id=grid.pk)
    factors = [view.images[frame.image].suv_factor for frame in view.frames]
    if suv and None in factors:
        yield {"grid": grid.name, "left_out": NO_SUV.format(why=view.suv or NOT_PET)}
        return
    if any(image.samples_per_pixel != 1 for image in view.images):
        yield {"grid": grid.name, "left_out": COLOUR}
        return
    values = _values(grid, [factor or 1.0 for factor in factors] if suv else None)
    unit = "SUV by body weight" if suv else (view.images[0].rescale_type or "as stored, rescaled")
    path = folder / f"{name}.nii.gz"
    voxels = narrowed(values)
    write_nifti(path, voxels, lattice)
    prove_nifti(path, voxels, lattice)
    told = {"grid": grid.name, "file": path.name, "values": unit, "regular": grid.is_regular}
    yield {**told, **({"why": grid.reason} if grid.reason else {}), "suv": view.suv}
    yield from _labels_write(actor, grid, lattice, path)


def _values(grid: Grid, factors: list[float] | None) -> NDArray[np.float64]:
    frames = [shown(pk, number)[0] for pk, number, _ in grid.frames]
    values = np.stack(frames).astype(np.float64)
    return values if factors is None else values * np.asarray(factors)[:, None, None]


def _labels_write(
    actor: Actor, grid: Grid, lattice: VoxelGrid, image: Path
) -> Iterator[dict[str, Any]]:
    """Write each structure or segment that was drawn on this series as a mask beside the image."""
    stem = image.name.removesuffix(".nii.gz")
    for instance in _drawn_on(actor, grid.series):
        try:
            for labelled in _labelled(instance, lattice):
                label = re.sub(r"[^A-Za-z0-9]+", "-", labelled.name).strip("-") or "label"
                path = image.parent / f"{stem}-{instance.pk}-{labelled.number}-{label}.nii.gz"
                voxels = labelled.mask_kji.astype(np.uint8)
                write_nifti(path, voxels, lattice)
                prove_nifti(path, voxels, lattice)
                count = int(voxels.sum())
                told = {"label": labelled.name, "file": path.name, "voxels": count}
                yield {**told, **({"remark": labelled.remark} if labelled.remark else {})}
        except NotLaid as refusal:
            yield {"label": instance.series.description, "left_out": str(refusal)}


def _drawn_on(actor: Actor, series: Series) -> list[Instance]:
    """Return the structure sets and segmentations that speak about a series."""
    study = ObjectReference.objects.select_related("instance__series").filter(
        instance__series__study=series.study, instance__sop_class_uid__in=READABLE
    )
    found: dict[int, Instance] = {}
    for reference in study.order_by("instance__pk", "pk"):
        target, _ = target_of(actor=actor, reference=reference)
        if target is not None and target.pk == series.pk:
            found[reference.instance.pk] = reference.instance
    return list(found.values())


def _labelled(instance: Instance, lattice: VoxelGrid) -> Iterator[Labelled]:
    path = local_file(instance.blob_sha256)
    dataset = dcmread(path, force=True)
    if instance.sop_class_uid == STRUCTURE_SET:
        yield from structures_of(dataset, lattice)
        return
    syntax = instance.transfer_syntax_uid
    yield from segments_of(
        dataset, lambda number: decode_frame(path, syntax, number, with_palette=False), lattice
    )


def _lattice(grid: Grid) -> VoxelGrid | None:
    if grid.origin_mm_lps is None or grid.spacing_mm_ijk is None or grid.direction is None:
        return None
    shape = (grid.frame_count, grid.rows, grid.columns)
    return VoxelGrid.build(grid.origin_mm_lps, grid.spacing_mm_ijk, grid.direction, shape)


def _file_name(grid: Grid) -> str:
    number = grid.series.number if grid.series.number is not None else 0
    words = re.sub(r"[^A-Za-z0-9.=]+", "-", grid.name).strip("-")
    return "-".join(filter(None, (f"series-{number}", grid.series.modality.lower(), words)))


def described(rows: list[dict[str, Any]], folder: Path, series_id: UUID) -> Path:
    """Write down what was written; returns the file."""
    path = folder / "series.json"
    document = {"series": str(series_id), "files": rows}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    return path
