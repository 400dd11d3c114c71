"""Train a U-Net on cases until it stops getting better or its bounds are met (no files, no queue)."""

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from monai.networks.nets.unet import UNet
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from ml_worker.learning.batches import BatchSource, with_neighbours
from ml_worker.learning.cases import Case, Layers
from ml_worker.learning.segments import SegmentationLoss, Segments, rarity_weights

# Slices of a held-out case that a validation looks at, evenly spread.
VALIDATION_SLICES = 24
WARM_UP_STEPS = 20
WEIGHT_DECAY = 1e-4
LARGEST_GRADIENT = 5.0
# A segment found in more pieces than this (lesions, vessels) is not counted.
MOST_PIECES = 4
# Pieces smaller than this share of the largest are slips of the pen.
REAL_PIECE = 0.1


@dataclass(frozen=True)
class Bounds:
    """When to stop and how to step; see ``TrainSettings`` for the meaning."""

    max_seconds: float
    max_steps: int
    patience: int
    seed: int
    patch: int
    batch_size: int
    learning_rate: float
    validate_every: int


@dataclass(frozen=True)
class Point:
    """The curve at a step: smoothed loss, and Dice where it was measured."""

    step: int
    loss: float
    dice: float | None


@dataclass(frozen=True)
class Trained:
    """The best network seen and how it got there."""

    network: UNet
    curve: tuple[Point, ...]
    seconds: float
    stopped: Literal["steps", "seconds", "patience"]


def train_unet(
    network: UNet,
    learn_from: Sequence[Case],
    judge_by: Sequence[Case],
    segments: Segments,
    bounds: Bounds,
    *,
    device: torch.device,
    tick: Callable[[float, Point | None], None] = lambda _done, _point: None,
) -> Trained:
    """Train in place; ``tick`` hears of every step (0..1 done) and of every point of the curve.

    Seconds are processor seconds, so that a busy machine does not cut the training short.
    """
    torch.manual_seed(bounds.seed)
    source = BatchSource(learn_from, segments.ids, bounds.patch, bounds.seed)
    layers = [case.layers for case in learn_from if case.layers is not None]
    measure = SegmentationLoss(segments, rarity_weights(layers, segments.ids))
    network.to(device).train()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=bounds.learning_rate, weight_decay=WEIGHT_DECAY
    )
    started = time.process_time()
    best, curve, mean, waited = _Best(), [], 0.0, 0
    stopped: Literal["steps", "seconds", "patience"] = "steps"
    for step in range(1, bounds.max_steps + 1):
        done = max(step / bounds.max_steps, (time.process_time() - started) / bounds.max_seconds)
        _set_rate(optimizer, bounds.learning_rate, step, done)
        loss = _step(network, optimizer, measure, *source.batch(bounds.batch_size), device)
        mean = loss if step == 1 else 0.95 * mean + 0.05 * loss
        point = None
        if step % bounds.validate_every == 0 or step == bounds.max_steps or done >= 1:
            point = Point(step, mean, _validate(network, judge_by, segments, device))
            curve.append(point)
            waited = 0 if best.offer(network, point.dice) else waited + 1
        tick(min(done, 1.0), point)
        if done >= 1 and step < bounds.max_steps:
            stopped = "seconds"
            break
        if waited >= bounds.patience:
            stopped = "patience"
            break
    best.restore(network)
    return Trained(network.eval(), tuple(curve), time.process_time() - started, stopped)


def count_pieces(cases: Sequence[Layers], segment_ids: Sequence[int]) -> tuple[int, ...]:
    """Return the most real connected pieces each segment has in any case; 0 for many or none."""
    most = dict.fromkeys(segment_ids, 0)
    for layers in cases:
        for segment in segment_ids:
            pieces = _pieces((layers == segment).any(axis=0))
            most[segment] = max(most[segment], pieces)
    return tuple(n if n <= MOST_PIECES else 0 for n in most.values())


class _Best:
    """The best state offered so far."""

    def __init__(self) -> None:
        self.dice = -math.inf
        self.state: dict[str, Tensor] | None = None

    def offer(self, network: UNet, dice: float | None) -> bool:
        """Keep the state if it is better; without a measure the last one is kept."""
        if dice is not None and dice <= self.dice:
            return False
        self.dice = self.dice if dice is None else dice
        self.state = copy.deepcopy(network.state_dict())
        return True

    def restore(self, network: UNet) -> None:
        if self.state is not None:
            network.load_state_dict(self.state)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float, step: int, done: float) -> None:
    warm = min(1.0, step / WARM_UP_STEPS)
    for group in optimizer.param_groups:
        group["lr"] = rate * warm * (0.5 + 0.5 * math.cos(math.pi * min(done, 1.0)))


def _step(
    network: UNet,
    optimizer: torch.optim.Optimizer,
    measure: SegmentationLoss,
    images: Tensor,
    target: Tensor,
    device: torch.device,
) -> float:
    loss = measure(network(images.to(device)), target.to(device))
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
    optimizer.step()
    return float(loss.detach())


@torch.inference_mode()
def _validate(
    network: UNet, cases: Sequence[Case], segments: Segments, device: torch.device
) -> float | None:
    """Return mean Dice over cases and segments, on slices spread over each case."""
    network.eval()
    values: list[float] = []
    for case in cases:
        if case.layers is None:
            continue
        chosen = np.unique(np.linspace(0, len(case.image) - 1, VALIDATION_SLICES).astype(int))
        values += _case_dice(network, case, case.layers, chosen, segments, device)
    network.train()
    return float(np.mean(values)) if values else None


def _case_dice(
    network: UNet,
    case: Case,
    layers: Layers,
    chosen: NDArray[np.intp],
    segments: Segments,
    device: torch.device,
) -> list[float]:
    shared, total = np.zeros(len(segments.ids)), np.zeros(len(segments.ids))
    rows, columns = case.image.shape[1:]
    for k in chosen:
        stack = torch.from_numpy(with_neighbours(case.image, int(k)))[None].to(device)
        padded = functional.pad(stack, (0, -columns % 16, 0, -rows % 16), value=-1.0)
        probability = segments.probability(network(padded))[0, :, :rows, :columns]
        shown = (probability > 0.5).cpu().numpy()
        truth = np.stack([(layers[:, k] == segment).any(axis=0) for segment in segments.ids])
        shared += (shown & truth).sum(axis=(1, 2))
        total += shown.sum(axis=(1, 2)) + truth.sum(axis=(1, 2))
    return [2 * s / t for s, t in zip(shared, total, strict=True) if t > 0]


def _pieces(mask: NDArray[np.bool_]) -> int:
    found, count = ndimage.label(mask)
    if count == 0:
        return 0
    sizes = np.bincount(found.ravel())[1:]
    return int((sizes >= REAL_PIECE * sizes.max()).sum())
