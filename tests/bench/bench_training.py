"""What the U-Net learns from the demo cohort: `python -m tests.bench training` prints the table.

The worker's own training handler is given the cohort's CT patients with their exact ground truth,
as submitted work would reach it: eight patients to learn from (two of them to stop by), and the
rest held out. Then the small case of the budget: six phantoms, two held out. All of it in a
process with the variables that the launcher gives a model worker.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from backend.config.launch.services import MALLOC
from fixtures.cohort import SEGMENTS, MadeSeries, make_series, plan
from ml_worker.contract.masks import encode_mask, pack_masks
from ml_worker.contract.messages import (
    FrameRef,
    SegmentSpec,
    TrainAnswer,
    TrainItem,
    TrainRequest,
    TrainSettings,
    VolumeRef,
)
from ml_worker.handlers.resources import Resources
from ml_worker.handlers.train import train
from ml_worker.volumes import VolumeCache
from tests.bench.rows import Row, cpu_seconds
from tests.installation import ROOT
from tests.ml_worker.samples import MemoryBlobs, QuietReport

LARGE = ("Liver", "Spleen", "Kidneys")
UNFIT = {8, 9, 24}  # a gap (no volume), no spleen in view, a thin slab
LEARN_FROM, STOP_BY = 6, 2
MARK = "BENCH-ROWS "
WORKER = {"GLIBC_TUNABLES": MALLOC, "OMP_WAIT_POLICY": "PASSIVE"}


def rows() -> list[Row]:
    """Train in a process of the worker's kind; print what it says."""
    command = [sys.executable, "-m", "tests.bench.bench_training"]
    environment = {**os.environ, **WORKER}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(MARK):
                return [Row(**row) for row in json.loads(line.removeprefix(MARK))]
            print(line, end="", flush=True)
    raise RuntimeError("the training ended without a result")


def measured() -> list[Row]:
    """Train twice; print Dice per segment on held-out patients."""
    with tempfile.TemporaryDirectory(prefix="limn-train-") as folder:
        series = _cohort(Path(folder))
        resources = Resources(
            MemoryBlobs(), VolumeCache(Path(folder) / "cache", 2000), torch.device("cpu")
        )
        items = [_item(made, resources) for made in series]
        eight, eight_cpu = _train(resources, _split(items, LEARN_FROM, STOP_BY), 600)
        six, six_cpu = _train(resources, _split(items[:8], 5, 1), 120)
    return [_cohort_row(eight, eight_cpu), _phantom_row(six, six_cpu)]


def _cohort(folder: Path) -> list[MadeSeries]:
    specs = [s for s in plan(24, 1) if s.is_ct and s.patient not in UNFIT]
    return [make_series(folder, spec) for spec in specs]


def _item(made: MadeSeries, resources: Resources) -> TrainItem:
    grid = made.spec.grid
    refs = [resources.blobs.write(path.read_bytes()) for path in _in_order(made)]
    frames = tuple(FrameRef(key=f"{k + 1}.1", blob=ref, frame=1) for k, ref in enumerate(refs))
    affine = grid.affine_lps
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    pairs = zip(frames, made.labelmap_kji(), strict=True)
    pack = pack_masks({(0, frame.key): encode_mask(m) for frame, m in pairs if m.any()})
    volume = VolumeRef(
        grid_id=made.spec.name,
        frames=frames,
        rows=grid.rows,
        columns=grid.columns,
        origin_mm_lps=tuple(affine[:3, 3]),
        spacing_mm_ijk=tuple(spacing),
        direction=tuple((affine[:3, :3] / spacing).reshape(-1)),
        modality="CT",
        regular=True,
    )
    patient = made.spec.patient_id
    return TrainItem(
        unit_id=made.spec.name,
        patient=patient,
        split="train",
        volume=volume,
        labels=resources.blobs.write(pack),
    )


def _in_order(made: MadeSeries) -> list[Path]:
    """Return the files in the order of the ground truth's frames."""
    import pydicom  # noqa: PLC0415  only the files' UIDs are asked

    by_uid = {
        str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID): path
        for path in made.paths
    }
    return [by_uid[uid] for uid in made.sop_uids]


def _split(items: list[TrainItem], learn: int, stop: int) -> list[TrainItem]:
    names = ["train"] * learn + ["validation"] * stop + ["test"] * (len(items) - learn - stop)
    return [
        item.model_copy(update={"split": name}) for item, name in zip(items, names, strict=True)
    ]


def _train(
    resources: Resources, items: list[TrainItem], max_seconds: float
) -> tuple[TrainAnswer, float]:
    request = TrainRequest(
        kind="train",
        job_id="bench",
        project_id="bench",
        schema_number=1,
        segments=tuple(SegmentSpec(id=n, name=name) for n, name in SEGMENTS.items()),
        items=tuple(items),
        parent_weights=None,
        settings=TrainSettings(max_seconds=max_seconds),
    )
    before, began = cpu_seconds(), time.monotonic()
    answer = train(resources, request, QuietReport())
    print(f"   trained in {time.monotonic() - began:.0f} s of wall time", flush=True)
    for number, name in SEGMENTS.items():
        found = answer.metrics.per_segment.get(number)
        if found is not None:
            print(
                f"   {name:8} Dice {found.dice_mean:.3f} "
                f"({found.dice_low:.3f} to {found.dice_high:.3f}, {found.n} held-out patients)",
                flush=True,
            )
    return answer, cpu_seconds() - before


def _large(answer: TrainAnswer) -> dict[str, float]:
    means = answer.metrics.per_segment
    return {name: means[n].dice_mean for n, name in SEGMENTS.items() if name in LARGE}


def _cohort_row(answer: TrainAnswer, cpu: float) -> Row:
    large = _large(answer)
    return Row(
        "U-Net after 8 patients, Dice of the large organs on held-out CT patients",
        "≥ 0.85",
        ", ".join(f"{name} {value:.2f}" for name, value in large.items()),
        min(large.values()) >= 0.85,
        cpu=f"{cpu:.0f} s",
        note=f"{answer.metrics.n_patients_held_out} patients held out",
    )


def _phantom_row(answer: TrainAnswer, cpu: float) -> Row:
    worst = min(_large(answer).values())
    return Row(
        "training on 6 phantoms, Dice on 2 held out",
        "≥ 0.8 within 155 CPU-seconds",
        f"{worst:.2f} (the lowest large organ)",
        worst >= 0.8 and cpu <= 155,
        cpu=f"{cpu:.0f} s",
        note="reading and measuring included",
    )


if __name__ == "__main__":
    print(MARK + json.dumps([asdict(row) for row in measured()]))
