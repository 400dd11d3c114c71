"""Finished work on real files: phantoms in the blob store, labels saved the way the editor does."""

import io
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
from pydicom import dcmread
from pydicom.uid import generate_uid

from backend.annotations.domain import RevisionIn
from backend.annotations.models import Document
from backend.annotations.services import (
    document_accept,
    document_create,
    document_submit,
    lock_take,
    revision_save,
)
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.imaging.models import Grid, Instance, Patient, Series, Study
from backend.projects.domain import SchemaDocument
from fixtures.phantoms import SEGMENTS, Phantom, phantom
from ml_worker.geometry.frames import FrameGeometry, grid_from_frames
from tests.backend.annotations.editing import text_of
from tests.factories import add_unit

PHANTOM_SCHEMA = SchemaDocument.model_validate(
    {
        "segments": [
            {"id": number, "name": name, "color": f"#{40 * number:02x}60a0"}
            for number, name in SEGMENTS.items()
        ]
        + [
            {
                "id": 9,
                "name": "Lesion",
                "color": "#d55e00",
                "overlap": True,
                "code": {"scheme": "SCT", "value": "52988006", "meaning": "Lesion"},
            }
        ],
        "shapes": [
            {"id": "roi", "name": "Region", "kind": "rectangle", "color": "#cc79a7"},
            {"id": "rim", "name": "Rim", "kind": "polygon", "color": "#cc79aa"},
            {"id": "axis", "name": "Axis", "kind": "length", "color": "#aa79a7"},
        ],
    }
)


def put_phantom(name: str, folder: Path, *, patient: str | None = None) -> tuple[Phantom, Grid]:
    """Write a phantom, store its files, and return it with its grid's row."""
    made = phantom(name, folder)
    suffix = uuid4().hex[:8]
    person = Patient.objects.get_or_create(
        identity=patient or suffix, defaults={"patient_id": made.header.patient_id}
    )[0]
    study = Study.objects.create(uid=generate_uid(), patient=person, series_count=1)
    series = Series.objects.create(
        uid=generate_uid(),
        study=study,
        modality=made.header.modality,
        frame_count=len(made.sop_uids),
    )
    instances = {uid: _put_instance(series, made, uid, path) for uid, path in _files(made).items()}
    return made, _put_grid(series, made, instances)


def _files(made: Phantom) -> dict[str, Path]:
    return {str(dcmread(path, stop_before_pixels=True).SOPInstanceUID): path for path in made.paths}


def _put_instance(series: Series, made: Phantom, uid: str, path: Path) -> Instance:
    """Store the file under a UID of its own, so that a phantom can be put in twice."""
    dataset = dcmread(path)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = series.study.uid, series.uid
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    blob = blob_store().put([file.getvalue()])
    return Instance.objects.create(
        series=series,
        sop_uid=dataset.SOPInstanceUID,
        sop_class_uid=dataset.SOPClassUID,
        blob_sha256=blob.sha256,
        size_bytes=blob.size,
        transfer_syntax_uid=dataset.file_meta.TransferSyntaxUID,
        rows=made.grid.rows,
        columns=made.grid.columns,
        frame_count=made.sop_uids.count(uid),
        header="{}",
    )


def _put_grid(series: Series, made: Phantom, instances: dict[str, Instance]) -> Grid:
    orientation = (*made.grid.row_direction, *made.grid.column_direction)
    spacing = (made.grid.spacing_mm_ijk[1], made.grid.spacing_mm_ijk[0])
    positions = [tuple(float(x) for x in position) for position in made.positions_mm_lps]
    _, rows, columns = made.grid.shape_kji
    found = grid_from_frames(
        [FrameGeometry(rows, columns, position, orientation, spacing) for position in positions]
    )
    lattice = found.grid
    return Grid.objects.create(
        series=series,
        is_regular=found.is_regular,
        reason=found.reason or "",
        rows=rows,
        columns=columns,
        frame_count=len(positions),
        origin_mm_lps=lattice and list(lattice.origin_mm_lps),
        spacing_mm_ijk=lattice and list(lattice.spacing_mm_ijk),
        direction=lattice and list(lattice.direction),
        orientation=list(orientation),
        pixel_spacing_mm=list(spacing),
        frame_of_reference_uid=made.header.frame_of_reference_uid,
        frames=[
            [instances[uid].pk, number, list(position)]
            for uid, number, position in zip(
                made.sop_uids, made.frame_numbers, positions, strict=True
            )
        ],
    )


@dataclass
class Work:
    """What somebody drew on a grid."""

    grid: Grid
    layers: dict[int, np.ndarray]  # layer -> labels [k, rows, columns]
    objects: tuple[dict, ...] = ()
    edits: tuple[dict, ...] = ()


def key_of(grid: Grid, k: int) -> str:
    return f"{grid.frames[k][0]}.{grid.frames[k][1]}"


def finish(project, work: Work, user, *, state: str = "submitted") -> Document:
    """Save the work slice by slice, as the brush does, then submit it (and accept it)."""
    if not project.units.filter(grid=work.grid).exists():
        add_unit(project, work.grid)
    actor = Actor(user_id=user.pk, is_admin=user.is_admin)
    schema = project.schemas.get(number=project.schema_number)
    document = document_create(project_id=project.pk, grid_id=work.grid.pk, schema_id=schema.pk)
    token = lock_take(document_id=document, user_id=user.pk, seconds=60).token
    number = 0
    for body in _strokes(work):
        change = RevisionIn(request_id=uuid4(), base_number=number, lock_token=token, **body)
        number = revision_save(actor=actor, document_id=document, change=change).number
    if state != "draft":
        document_submit(actor=actor, document_id=document, lock_token=token, base_number=number)
    if state == "accepted":
        document_accept(actor=actor, document_id=document)
    return Document.objects.get(pk=document)


def _strokes(work: Work):
    """Yield one save a slice; an edit travels with the slice it names."""
    for layer, labels in work.layers.items():
        for k in range(labels.shape[0]):
            if labels[k].any():
                key = key_of(work.grid, k)
                mask = {"layer": layer, "frame": key, "data": text_of(labels[k])}
                edits = [edit for edit in work.edits if layer == 0 and key in edit["frames"]]
                yield {"masks": [mask], "edits": edits}
    if work.objects:
        yield {"objects": [{"id": thing["id"], "value": thing} for thing in work.objects]}
