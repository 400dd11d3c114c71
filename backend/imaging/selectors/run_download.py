"""A delivery's record as a file, one line a file that was sent; written while it is read."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.imaging.models import IngestItem, IngestRun
from backend.imaging.selectors.runs import run_get, run_items, run_out

COLUMNS = (
    "name",
    "outcome",
    "code",
    "reason",
    "next_step",
    "study_uid",
    "series_uid",
    "instance_uid",
    "sha256",
)
MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
# A table program would take these for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def run_download(*, actor: Actor, run_id: UUID, kind: str) -> Iterator[str]:
    """Return a delivery's record piece by piece, as CSV or JSON."""
    if kind not in MEDIA:
        raise Invalid("The record of a delivery comes as csv or json.")
    run = run_get(actor=actor, run_id=run_id)
    return _csv(run) if kind == "csv" else _json(run)


def _rows(run: IngestRun) -> Iterator[dict[str, Any]]:
    items = run_items(run).select_related("instance__series__study")
    items = items.only(
        *COLUMNS[:5],
        "sha256",
        "run_id",
        "instance__sop_uid",
        "instance__series__uid",
        "instance__series__study__uid",
    )
    return (_row(item) for item in items.iterator(500))


def _row(item: IngestItem) -> dict[str, Any]:
    instance = item.instance
    return {
        **{name: getattr(item, name) for name in COLUMNS[:5]},
        "study_uid": instance.series.study.uid if instance else "",
        "series_uid": instance.series.uid if instance else "",
        "instance_uid": instance.sop_uid if instance else "",
        "sha256": item.sha256,
    }


def _csv(run: IngestRun) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in _rows(run):
        writer.writerow([_harmless(str(row[name])) for name in COLUMNS])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _json(run: IngestRun) -> Iterator[str]:
    yield f'{{"run": {json.dumps(run_out(run).model_dump(mode="json"))}, "items": ['
    for number, row in enumerate(_rows(run)):
        yield f"{',' if number else ''}\n{json.dumps(row, ensure_ascii=False)}"
    yield "\n]}\n"
