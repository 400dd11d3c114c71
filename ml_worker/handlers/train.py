"""Train a segmentation network on submitted work and measure it on patients it has not seen."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ml_worker.blobs import BlobMissing
from ml_worker.contract.masks import MaskInvalid, unpack_masks
from ml_worker.contract.messages import (
    CurvePoint,
    FailureCode,
    SegmentMetrics,
    TrainAnswer,
    TrainItem,
    TrainMetrics,
    TrainRequest,
)
from ml_worker.failures import JobFailed
from ml_worker.handlers.resources import Resources
from ml_worker.learning.cases import Case, Layers, choose_spacing, make_case, unpack_layers, view_of
from ml_worker.learning.evaluation import bootstrap, dice_per_segment
from ml_worker.learning.prediction import keep_largest_pieces, look, paint
from ml_worker.learning.segments import Segments
from ml_worker.learning.training import Bounds, Point, Trained, count_pieces, train_unet
from ml_worker.models.unet2d import (
    UNetConfig,
    WeightsInvalid,
    bottleneck,
    build_unet,
    inherit,
    save_unet,
)
from ml_worker.report import JobReport
from ml_worker.volumes import grid_of, load_volume

LEAST_PATIENTS = 2
# Shares of the progress bar: reading, training, measuring.
READ_UNTIL, TRAINED_UNTIL = 0.1, 0.9


@dataclass(frozen=True)
class _Labelled:
    """An item as the network sees it, and its labels as people drew them."""

    item: TrainItem
    case: Case
    drawn: dict[int, Layers]  # layer -> labels [k, j, i] on the original grid


def train(resources: Resources, request: TrainRequest, report: JobReport) -> TrainAnswer:
    """Read, train, measure, store."""
    _check_patients(request.items)
    segment_ids = tuple(segment.id for segment in request.segments)
    spacing_mm = choose_spacing([grid_of(item.volume) for item in request.items])
    labelled = _read(resources, request.items, spacing_mm, report)
    learn_from = [one.case for one in labelled if one.item.split == "train"]
    judge_by = [one.case for one in labelled if one.item.split == "validation"]
    config = UNetConfig(
        segment_ids=segment_ids,
        overlap_ids=tuple(s for s in segment_ids if any(s in one.drawn for one in labelled)),
        spacing_mm=spacing_mm,
        pieces=count_pieces(
            [case.layers for case in learn_from if case.layers is not None], segment_ids
        ),
    )
    trained = _train(resources, request, config, learn_from, judge_by, report)
    metrics = _measure(resources, trained, config, labelled, report)
    return TrainAnswer(
        weights=resources.blobs.write(save_unet(trained.network, config)),
        config=config.as_json(),
        metrics=metrics,
        curve=tuple(_curve_point(point) for point in trained.curve),
        seconds=trained.seconds,
    )


def _check_patients(items: Sequence[TrainItem]) -> None:
    patients = {item.patient for item in items}
    if len(patients) < LEAST_PATIENTS:
        raise JobFailed(
            FailureCode.TOO_FEW_CASES,
            f"Training needs submitted work from at least {LEAST_PATIENTS} patients; "
            f"there {'is' if len(patients) == 1 else 'are'} {len(patients)}.",
        )
    if not any(item.split == "train" for item in items):
        raise JobFailed(FailureCode.TOO_FEW_CASES, "No submitted work is set aside to learn from.")
    splits = defaultdict(set)
    for item in items:
        splits[item.patient].add(item.split)
    if any(len(found) > 1 for found in splits.values()):
        raise ValueError("a patient must not be in two splits")


def _read(
    resources: Resources, items: Sequence[TrainItem], spacing_mm: float, report: JobReport
) -> list[_Labelled]:
    labelled = []
    for n, item in enumerate(items):
        report.progress(READ_UNTIL * n / len(items), f"Reading case {n + 1} of {len(items)}")
        try:
            labelled.append(_read_one(resources, item, spacing_mm))
        except (BlobMissing, MaskInvalid) as error:
            raise JobFailed(FailureCode.IMAGE_UNREADABLE, f"Case {n + 1}: {error}") from error
    if not any(one.drawn for one in labelled if one.item.split == "train"):
        raise JobFailed(FailureCode.TOO_FEW_CASES, "The submitted work shows no segment yet.")
    return labelled


def _read_one(resources: Resources, item: TrainItem, spacing_mm: float) -> _Labelled:
    volume = load_volume(item.volume, resources.blobs, resources.volumes)
    size = (item.volume.rows, item.volume.columns)
    masks = unpack_masks(resources.blobs.read(item.labels))
    layers, numbers = unpack_layers(masks, volume.keys, size)
    view = view_of(volume.grid, (len(volume.keys), *size), spacing_mm)
    case = make_case(volume.image_kji, volume.modality, view, layers)
    drawn = {number: layers[n] for n, number in enumerate(numbers) if layers[n].any()}
    return _Labelled(item, case, drawn)


def _train(
    resources: Resources,
    request: TrainRequest,
    config: UNetConfig,
    learn_from: Sequence[Case],
    judge_by: Sequence[Case],
    report: JobReport,
) -> Trained:
    network = build_unet(len(config.segment_ids), request.settings.seed)
    if request.parent_weights is not None:
        try:
            inherit(network, resources.weights(request.parent_weights), config.segment_ids)
        except WeightsInvalid as error:
            raise JobFailed(FailureCode.MODEL_UNKNOWN, str(error)) from error

    def tick(done: float, point: Point | None) -> None:
        share = READ_UNTIL + done * (TRAINED_UNTIL - READ_UNTIL)
        report.progress(share, "Training", _curve_point(point) if point else None)

    bounds = Bounds(**{name: getattr(request.settings, name) for name in Bounds.__annotations__})
    return train_unet(
        network,
        learn_from,
        judge_by,
        Segments(config.segment_ids, config.overlap_ids),
        bounds,
        device=resources.device,
        tick=tick,
    )


def _measure(
    resources: Resources,
    trained: Trained,
    config: UNetConfig,
    labelled: Sequence[_Labelled],
    report: JobReport,
) -> TrainMetrics:
    """Dice on the original voxels of test patients, or of validation patients without any."""
    kind = "test" if any(one.item.split == "test" for one in labelled) else "validation"
    held_out = [one for one in labelled if one.item.split == kind]
    segments = Segments(config.segment_ids, config.overlap_ids)
    values: dict[int, list[float]] = defaultdict(list)
    for n, one in enumerate(held_out):
        done = TRAINED_UNTIL + (1 - TRAINED_UNTIL) * n / len(held_out)
        report.progress(done, f"Measuring on case {n + 1} of {len(held_out)}")
        seen = look(
            trained.network,
            bottleneck(trained.network),
            one.case,
            segments,
            twice=False,
            device=resources.device,
        )
        probability = keep_largest_pieces(seen.probability, config.pieces)
        shown = paint(probability, one.case.view, segments)
        for segment, value in dice_per_segment(shown, one.drawn, config.segment_ids).items():
            values[segment].append(value)
    intervals = {segment: bootstrap(found) for segment, found in sorted(values.items())}
    means = [interval.mean for interval in intervals.values()]
    return TrainMetrics(
        per_segment={
            segment: SegmentMetrics(
                dice_mean=found.mean, dice_low=found.low, dice_high=found.high, n=found.n
            )
            for segment, found in intervals.items()
        },
        mean_dice=sum(means) / len(means) if means else None,
        n_patients_held_out=len({one.item.patient for one in held_out}),
    )


def _curve_point(point: Point) -> CurvePoint:
    now = datetime.now(UTC).isoformat(timespec="seconds")  # noqa: TID251 - the worker's own way
    return CurvePoint(step=point.step, loss=point.loss, dice=point.dice, at=now)
