"""Segment volumes with a trained network and score what they would teach."""

from ml_worker.blobs import BlobMissing
from ml_worker.contract.masks import encode_mask, pack_masks
from ml_worker.contract.messages import (
    PredictAnswer,
    PredictItem,
    PredictRequest,
    PredictResult,
    Score,
    SegmentScore,
)
from ml_worker.decoding import ImageUnreadable
from ml_worker.handlers.resources import Resources
from ml_worker.learning.cases import make_case, view_of
from ml_worker.learning.prediction import Labels, keep_largest_pieces, look, paint
from ml_worker.learning.scores import Doubt, doubt_of
from ml_worker.learning.segments import Segments
from ml_worker.models.unet2d import bottleneck
from ml_worker.report import JobReport
from ml_worker.volumes import Volume, load_volume


def predict(resources: Resources, request: PredictRequest, report: JobReport) -> PredictAnswer:
    """Predict every unit; one that cannot be read says so and does not stop the others."""
    results = []
    for n, item in enumerate(request.volumes):
        report.progress(n / len(request.volumes), f"Case {n + 1} of {len(request.volumes)}")
        try:
            results.append(_predict_one(resources, request, item, report))
        except (ImageUnreadable, BlobMissing) as error:
            results.append(PredictResult(unit_id=item.unit_id, masks=None, error=str(error)))
    return PredictAnswer(
        version_id=request.version_id,
        weights_sha256=request.weights.sha256,
        results=tuple(results),
    )


def _predict_one(
    resources: Resources, request: PredictRequest, item: PredictItem, report: JobReport
) -> PredictResult:
    network, config = resources.unet(request.weights)
    volume = load_volume(item.volume, resources.blobs, resources.volumes)
    shape = (len(volume.keys), item.volume.rows, item.volume.columns)
    case = make_case(
        volume.image_kji, volume.modality, view_of(volume.grid, shape, config.spacing_mm)
    )
    deepest = bottleneck(network)
    segments = Segments(config.segment_ids, config.overlap_ids)
    seen = look(
        network,
        deepest,
        case,
        segments,
        twice=request.score,
        device=resources.device,
        tick=lambda _: report.progress(0.0),
    )
    probability = keep_largest_pieces(seen.probability, config.pieces)
    painted = paint(probability, case.view, segments)
    score = None
    if request.score:
        doubt = doubt_of(seen.probability, config.segment_ids, flip_k=case.view.turn.flip_k)
        score = _score(doubt, volume, tuple(float(v) for v in seen.features))
    masks = resources.blobs.write(pack_masks(_encoded(painted, volume.keys)))
    return PredictResult(unit_id=item.unit_id, masks=masks, score=score)


def _encoded(painted: dict[int, Labels], keys: tuple[str, ...]) -> dict[tuple[int, str], bytes]:
    """Encode every frame that shows something."""
    return {
        (layer, key): encode_mask(labels)
        for layer, volume in painted.items()
        for key, labels in zip(keys, volume, strict=True)
        if labels.any()
    }


def _score(doubt: Doubt, volume: Volume, features: tuple[float, ...]) -> Score:
    return Score(
        uncertainty=doubt.uncertainty,
        foreground_fraction=doubt.foreground_fraction,
        per_segment={
            segment: SegmentScore(
                uncertainty=found.uncertainty,
                first_k=found.first_k,
                last_k=found.last_k,
                frames=volume.keys[found.first_k : found.last_k + 1],
            )
            for segment, found in doubt.per_segment.items()
        },
        per_frame={
            key: value for key, value in zip(volume.keys, doubt.per_slice, strict=True) if value > 0
        },
        features=features,
    )
