"""Run a U-Net over a case and bring the answer back to the voxels it came from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn
from torch.nn import functional

from ml_worker.learning.batches import with_neighbours
from ml_worker.learning.cases import Case, View
from ml_worker.learning.segments import Segments

# Per-segment probability [segments, k, j, i], float16, in the network's view.
Probability = NDArray[np.float16]
Labels = NDArray[np.uint16]

SLICES_AT_ONCE = 16
STRIDE = 16
# A slice without any probability above this shows nothing.
FAINT = 0.1
# The second look, for the uncertainty: brighter, and moved by these pixels (rows, columns).
SECOND_LOOK_GAIN = 1.08
SECOND_LOOK_SHIFT = (5, -3)


@dataclass(frozen=True)
class Outlook:
    """What a network sees in a case.

    ``probability`` is the mean of all looks; ``features`` [256] describe the volume.
    """

    probability: Probability
    features: NDArray[np.float32]


@torch.inference_mode()
def look(
    network: nn.Module,
    deepest: nn.Module,
    case: Case,
    segments: Segments,
    *,
    twice: bool,
    device: torch.device,
    tick: Callable[[float], None] = lambda _: None,
) -> Outlook:
    """Predict every slice; ``twice`` averages a second, changed look. ``tick`` gets 0..1."""
    kept: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        kept.append(output.float().mean(dim=(2, 3)).cpu())

    hook = deepest.register_forward_hook(keep)
    parts: list[Probability] = []
    try:
        for stack, done in _stacks(case.image):
            batch = torch.from_numpy(stack).to(device)
            probability = _probability(network, batch, segments)
            if twice:
                moved = torch.roll(batch, SECOND_LOOK_SHIFT, dims=(2, 3)) * SECOND_LOOK_GAIN
                again = torch.roll(
                    _probability(network, moved, segments),
                    tuple(-s for s in SECOND_LOOK_SHIFT),
                    dims=(2, 3),
                )
                probability = (probability + again) / 2
            parts.append(probability.to(torch.float16).cpu().numpy())
            tick(done)
    finally:
        hook.remove()
    features = torch.cat(kept).mean(dim=0).numpy().astype(np.float32)
    return Outlook(np.ascontiguousarray(np.concatenate(parts).swapaxes(0, 1)), features)


def keep_largest_pieces(probability: Probability, pieces: Sequence[int]) -> Probability:
    """Silence connected pieces beyond the number a segment had in training (0: keep all)."""
    kept = probability.copy()
    for segment, most in enumerate(pieces):
        found, count = ndimage.label(probability[segment] > 0.5)
        if most == 0 or count <= most:
            continue
        sizes = np.bincount(found.ravel())
        sizes[0] = 0
        small = np.ones(count + 1, dtype=np.bool_)
        small[np.argsort(sizes)[-most:]] = False
        small[0] = False
        kept[segment][small[found]] = 0
    return kept


def paint(
    probability: Probability,
    view: View,
    segments: Segments,
) -> dict[int, Labels]:
    """Decide every voxel of the original volume: layer -> labels [k, j, i].

    In layer 0 the most probable exclusive segment wins, if it beats the background.
    """
    rows, columns = view.shape_kji[1:]
    size = (columns, rows) if view.turn.swap else (rows, columns)
    painted = {
        layer: np.zeros((view.shape_kji[0], *size), np.uint16)
        for layer in (0, *segments.overlap_ids)
    }
    ids = np.array([segments.ids[n] for n in segments.exclusive], dtype=np.uint16)
    for k in range(view.shape_kji[0]):
        small = torch.from_numpy(probability[:, k].astype(np.float32))[None]
        if not bool((small > FAINT).any()):
            continue
        full = functional.interpolate(small, size=size, mode="bilinear")[0].numpy()
        if len(ids):
            shared = full[segments.exclusive]
            wins = shared.max(axis=0) > 1 - shared.sum(axis=0)
            painted[0][k] = np.where(wins, ids[shared.argmax(axis=0)], 0)
        for n in segments.overlapping:
            segment = np.uint16(segments.ids[n])
            painted[int(segment)][k] = (full[n] > 0.5) * segment
    return {
        layer: np.ascontiguousarray(view.turn.undo(labels)) for layer, labels in painted.items()
    }


def _stacks(image: NDArray[np.float32]) -> Iterator[tuple[NDArray[np.float32], float]]:
    """Yield slices with their neighbours [n, 3, j, i] and the share done with them."""
    for first in range(0, len(image), SLICES_AT_ONCE):
        last = min(first + SLICES_AT_ONCE, len(image))
        yield np.stack([with_neighbours(image, k) for k in range(first, last)]), last / len(image)


def _probability(network: nn.Module, batch: Tensor, segments: Segments) -> Tensor:
    """Return probabilities [B, segments, j, i]; sides are padded to what the network needs."""
    rows, columns = batch.shape[2:]
    padding = (0, -columns % STRIDE, 0, -rows % STRIDE)
    logits: Tensor = network(functional.pad(batch, padding, value=-1.0))
    return segments.probability(logits[:, :, :rows, :columns].float())
