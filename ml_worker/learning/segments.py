"""How segments compete: exclusive ones with each other and the background, overlapping ones alone.

The background has no channel; its logit is zero. So the exclusive segments share one softmax with
that zero, and each overlapping segment has a sigmoid.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ml_worker.learning.cases import Layers

# Rare segments count more, by the root of how rare they are, within these bounds.
RARITY = 0.5
LEAST_WEIGHT, MOST_WEIGHT = 1.0, 10.0


@dataclass(frozen=True)
class Segments:
    """The network's output channels: segment ids in order, and which of them may overlap."""

    ids: tuple[int, ...]
    overlap_ids: tuple[int, ...] = ()

    @property
    def exclusive(self) -> list[int]:
        """Channels of exclusive segments."""
        return [n for n, segment in enumerate(self.ids) if segment not in self.overlap_ids]

    @property
    def overlapping(self) -> list[int]:
        """Channels of overlapping segments."""
        return [n for n, segment in enumerate(self.ids) if segment in self.overlap_ids]

    def probability(self, logits: Tensor) -> Tensor:
        """Return probabilities of logits, both [B, segments, h, w]."""
        shared = _with_background(logits[:, self.exclusive]).softmax(dim=1)[:, 1:]
        alone = logits[:, self.overlapping].sigmoid()
        together = torch.cat((shared, alone), dim=1)
        back = np.argsort([*self.exclusive, *self.overlapping]).tolist()
        return together[:, back]


@dataclass(frozen=True)
class SegmentationLoss:
    """Weighted cross entropy plus soft Dice over the batch; ``weights`` [segments]."""

    segments: Segments
    weights: Tensor

    def __call__(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss of ``logits`` against ``target`` of 0 and 1, both [B, segments, h, w]."""
        probability = self.segments.probability(logits)
        axes = (0, 2, 3)
        shared = (probability * target).sum(axes)
        total = probability.sum(axes) + target.sum(axes)
        dice = (1 - (2 * shared + 1) / (total + 1)).mean()
        return self._entropy(logits, target) + dice

    def _entropy(self, logits: Tensor, target: Tensor) -> Tensor:
        exclusive, overlapping = self.segments.exclusive, self.segments.overlapping
        weights = self.weights.to(logits.device)
        total = torch.zeros((), device=logits.device)
        if exclusive:
            shown = _with_background(target[:, exclusive])
            index = torch.where(shown[:, 1:].any(dim=1), shown[:, 1:].argmax(dim=1) + 1, 0)
            scale = torch.cat((torch.ones(1, device=logits.device), weights[exclusive]))
            logged = _with_background(logits[:, exclusive]).log_softmax(dim=1)
            total = total + functional.nll_loss(
                logged * scale.view(1, -1, 1, 1), index, reduction="mean"
            )
        if overlapping:
            total = total + functional.binary_cross_entropy_with_logits(
                logits[:, overlapping],
                target[:, overlapping],
                pos_weight=weights[overlapping].view(-1, 1, 1),
            )
        return total


def rarity_weights(cases: Sequence[Layers], ids: Sequence[int]) -> Tensor:
    """Return how much a voxel of each segment counts beside one of the background, [segments]."""
    voxels = sum(int(layers[0].size) for layers in cases)
    counts = np.array([sum(int((layers == s).sum()) for layers in cases) for s in ids], dtype=float)
    rest = max(1.0, voxels - float(counts.sum()))
    weights = RARITY * np.sqrt(rest / np.maximum(counts, 1))
    return torch.tensor(np.clip(weights, LEAST_WEIGHT, MOST_WEIGHT), dtype=torch.float32)


def _with_background(channels: Tensor) -> Tensor:
    """Put a channel of zeros, the background's, before the others."""
    return functional.pad(channels, (0, 0, 0, 0, 1, 0))
