"""How a SAM learns from masks: prompt, answer, correct, as segment-anything does it.

The first prompt is ambiguous, so of the three alternative masks only the best one learns from it;
the single mask learns from every round. The IoU head learns what each mask truly reached.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml_worker.learning.prompt_sampling import Mask, correction, first_prompt
from ml_worker.models.sam_decoder import PromptDecoder

FOCAL_WEIGHT = 10.0
FOCAL_GAMMA = 2.0
IOU_WEIGHT = 0.5
# How often a first answer is followed by a correcting click.
CORRECTION_RATE = 0.25


def training_loss(
    decoder: PromptDecoder,
    embeddings: Tensor,
    masks: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Tensor:
    """Return the loss of prompting for ``masks`` [B, H, W] on ``embeddings`` [B, C, h, w]."""
    side = 4 * embeddings.shape[-1]
    target = functional.adaptive_avg_pool2d(torch.from_numpy(masks).float()[:, None], side)
    prompts = [first_prompt(mask, rng) for mask in masks]
    coords = torch.from_numpy(np.stack([points for points, _ in prompts]))
    labels = torch.from_numpy(np.stack([label for _, label in prompts]))
    shown = torch.zeros(len(masks), 1, side, side)
    given = torch.zeros(len(masks))
    logits, scores = decoder(embeddings, coords, labels, shown, given)
    first = _round_loss(logits, scores, target)
    if rng.random() >= CORRECTION_RATE:
        return first
    shown = logits[torch.arange(len(masks)), scores.argmax(dim=1)].detach()[:, None]
    coords, labels = _with_corrections(coords, labels, shown, masks, rng)
    logits, scores = decoder(embeddings, coords, labels, shown, torch.ones(len(masks)))
    return (first + _round_loss(logits, scores, target)) / 2


def _with_corrections(
    coords: Tensor,
    labels: Tensor,
    shown: Tensor,
    masks: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[Tensor, Tensor]:
    """Append one correcting click to every prompt."""
    full = functional.interpolate(shown, size=masks.shape[-2:], mode="bilinear")
    answers = (full[:, 0] > 0).numpy()
    clicks = [
        correction(_as_mask(m), _as_mask(a), rng) for m, a in zip(masks, answers, strict=True)
    ]
    places = torch.tensor([[place] for place, _ in clicks])
    signs = torch.tensor([[sign] for _, sign in clicks])
    return torch.cat((coords, places), dim=1), torch.cat((labels, signs), dim=1)


def _as_mask(values: NDArray[np.bool_]) -> Mask:
    return values


def _round_loss(logits: Tensor, scores: Tensor, target: Tensor) -> Tensor:
    """Combine the losses of one round: ``logits`` [B, 4, s, s], ``target`` [B, 1, s, s] in 0..1."""
    each = mask_loss(logits, target.expand_as(logits))
    reached = _iou(logits.detach(), target)
    iou = functional.mse_loss(scores, reached)
    return each[:, 0].mean() + each[:, 1:].min(dim=1).values.mean() + IOU_WEIGHT * iou


def mask_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Return focal plus Dice loss of every mask, [B, M]."""
    probability = logits.sigmoid()
    entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    missed = (probability - target).abs()
    focal = (missed**FOCAL_GAMMA * entropy).mean(dim=(2, 3))
    shared = (probability * target).sum(dim=(2, 3))
    dice = 1 - (2 * shared + 1) / (probability.sum(dim=(2, 3)) + target.sum(dim=(2, 3)) + 1)
    return FOCAL_WEIGHT * focal + dice


def _iou(logits: Tensor, target: Tensor) -> Tensor:
    """Return the IoU each mask reached, [B, M]."""
    shown, wanted = logits > 0, target > 0.5
    shared = (shown & wanted).sum(dim=(2, 3))
    either = (shown | wanted).sum(dim=(2, 3)).clamp(min=1)
    return shared / either
