"""What became of every file of a folder of real data, and what it looks like, line by line."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom

from backend.core.actor import Actor
from backend.imaging.domain.decode import decode_frame
from backend.imaging.models import Grid, IngestItem, Instance
from backend.imaging.selectors.frames import frame_source, local_file
from backend.imaging.services import ingest_paths

FOLDERS = ("dicom", "sets2d", "volumes")
# Lossy 12-bit JPEG: its values depend on the decoder (the manifest was made with another one).
DECODER_DEPENDENT = frozenset({"dicom/transfer_syntaxes/nm1/JPGExtended.dcm"})
EQUAL, DIFFERS, NO_HASH, NOT_STORED = "equal", "DIFFERS", "-", "NOT STORED"
# One SOP Instance UID, several files: the first to come is the one that is stored, others with the
# same pixels are the same image, and others still wait beside it.
SAME_UID = frozenset({"imaging.uid_reused", "imaging.same_image"})
EQUAL_TO_FIRST, EQUAL_BESIDE = "equal to the stored one", "equal, waiting beside the stored one"
ALL_EQUAL = frozenset({EQUAL, EQUAL_TO_FIRST, EQUAL_BESIDE})


@dataclass
class Line:
    """One file."""

    name: str
    folder: str
    outcome: str
    code: str
    reason: str
    next_step: str
    decodes: str
    pixels: str
    grids: list[str] = field(default_factory=list)

    @property
    def is_explained(self) -> bool:
        """Tell whether somebody who sees this line knows what happened and what to do."""
        if self.outcome in {"stored", "duplicate"} and not self.code:
            return True
        return (
            bool(self.code)
            and self.reason.endswith((".", "…"))
            and "fault of its own" not in self.reason
        )


def manifest_of(data: Path) -> dict[str, dict[str, str]]:
    """Return the rows of the manifest by path."""
    with (data / "manifest.csv").open() as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def lines_of(run, data: Path) -> list[Line]:
    """Return a line per file of a delivery of the folders."""
    places = run.label.split("|")
    manifest = manifest_of(data)
    grids: dict[int, list[Grid]] = {}
    for grid in Grid.objects.filter(superseded_at=None).order_by("number"):
        for pk in {frame[0] for frame in grid.frames}:
            grids.setdefault(pk, []).append(grid)
    lines = []
    for item in IngestItem.objects.filter(run=run).select_related("instance").order_by("name"):
        name = _path_in_pack(item.name, data, places)
        row = manifest.get(name, {})
        lines.append(
            Line(
                name=name,
                folder="/".join(name.split("/")[:2]),
                outcome=item.outcome,
                code=item.code,
                reason=item.reason,
                next_step=item.next_step,
                decodes=row.get("decodes", ""),
                pixels=_pixels(item, row),
                grids=[grid_words(grid) for grid in grids.get(item.instance_id, [])],
            )
        )
    return lines


def _path_in_pack(name: str, data: Path, places: list[str]) -> str:
    """Return a file's path in the pack; a delivery names it by the folder it was taken from."""
    return next((f"{top}/{name}" for top in places if (data / top / name).exists()), name)


def _pixels(item, row: dict[str, str]) -> str:
    if not row.get("pixel_sha256"):
        return NO_HASH
    if item.instance is not None:
        return EQUAL if pixels_digest(item.instance_id) == row["pixel_sha256"] else DIFFERS
    first = Instance.objects.filter(sop_uid=item.sop_uid).first()
    if first is None or item.code not in SAME_UID:
        return NOT_STORED
    if pixels_digest(first.pk) == row["pixel_sha256"]:
        return EQUAL_TO_FIRST
    return EQUAL_BESIDE if waiting_digest(item.sha256) == row["pixel_sha256"] else DIFFERS


def pixels_digest(instance_pk: int) -> str:
    """Return the manifest's hash of an instance's frames as stored, before any transformation."""
    source = frame_source(instance_pk)
    if source is None:
        return "no frames"
    return _digest(local_file(source.sha256), source.syntax, source.frames)


def waiting_digest(sha256: str) -> str:
    """Return the same of a file that waits in quarantine."""
    path = local_file(sha256)
    header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    syntax = str(header.file_meta.TransferSyntaxUID)
    return _digest(path, syntax, int(header.get("NumberOfFrames") or 1))


def _digest(path: Path, syntax: str, count: int) -> str:
    frames = [
        decode_frame(path, syntax, number, with_palette=False) for number in range(1, count + 1)
    ]
    array = np.stack(frames) if count > 1 else frames[0]
    array = array.astype(array.dtype.newbyteorder("="))
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def grid_words(grid) -> str:
    """Return a grid in one line: name, shape, spacing, regular or why not."""
    shape = f"{grid.columns} x {grid.rows} x {grid.frame_count}"
    spacing = (
        " x ".join(f"{value:.3g}" for value in grid.spacing_mm_ijk) + " mm"
        if grid.spacing_mm_ijk
        else "no spacing"
    )
    state = "regular" if grid.is_regular else grid.reason
    return " · ".join(filter(None, (grid.name, shape, spacing, state)))


def wrong_in(lines: Iterable[Line]) -> list[Line]:
    """Return the lines that nobody may be shown: lost, unequal, or without an explanation."""
    return [
        line
        for line in lines
        if not line.is_explained
        or (line.pixels == DIFFERS and line.name not in DECODER_DEPENDENT)
        or line.pixels == NOT_STORED
    ]


def summary_of(lines: list[Line]) -> Iterator[str]:
    """Yield the counts as Markdown: outcomes by folder, reasons, pixels."""
    outcomes = sorted({line.outcome for line in lines})
    yield f"{len(lines)} files.\n"
    yield "| folder | files | " + " | ".join(outcomes) + " | pixels equal |"
    yield "|---|" + "---:|" * (len(outcomes) + 2)
    for folder in sorted({line.folder for line in lines}):
        here = [line for line in lines if line.folder == folder]
        counts = Counter(line.outcome for line in here)
        judged = [line for line in here if line.pixels != NO_HASH]
        equal = sum(line.pixels in ALL_EQUAL for line in judged)
        cells = [str(counts[outcome] or "") for outcome in outcomes]
        yield f"| {folder} | {len(here)} | " + " | ".join(cells) + f" | {equal} of {len(judged)} |"
    yield "\n| outcome | code | files |\n|---|---|---:|"
    for (outcome, code), count in sorted(Counter((n.outcome, n.code) for n in lines).items()):
        yield f"| {outcome} | {code or '-'} | {count} |"


def write_table(lines: list[Line], target: Path) -> None:
    """Write counts and one row per file."""
    rows = ["# Real data\n", *summary_of(lines), "\n| file | outcome | pixels | grids | reason |"]
    rows.append("|---|---|---|---|---|")
    for line in lines:
        words = f"`{line.code}` {line.reason} {line.next_step}" if line.code else ""
        cells = (line.name, line.outcome, line.pixels, "; ".join(line.grids), words)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    target.write_text("\n".join(rows) + "\n", encoding="utf-8")


def take_everything_in(data: Path, folders: Iterable[str] = FOLDERS):
    """Take the images of these folders in, as one delivery."""
    folders = list(folders)
    paths = [data / folder for folder in folders]
    run = ingest_paths(actor=Actor.system(), paths=paths)
    run.label = "|".join(folders)
    return run
