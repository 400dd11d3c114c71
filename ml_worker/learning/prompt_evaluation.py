"""How well a SAM answers a first prompt, measured on slices it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from ml_worker.learning.prompt_sampling import (
    Mask,
    Points,
    box_prompt,
    click_prompt,
    correction,
    middle_of,
)
from ml_worker.learning.prompt_slices import Slice
from ml_worker.models.sam_decoder import PromptDecoder

# A mask that fills at least this share of the picture counts as large.
LARGE_SHARE = 0.01


@dataclass(frozen=True)
class PromptQuality:
    """Mean IoU after one click in the middle, after two clicks, after a box.

    First over all ``masks``, then over the ``large`` ones alone.
    """

    one_click: float
    two_clicks: float
    box: float
    masks: int
    large_one_click: float
    large_two_clicks: float
    large_box: float
    large: int


@torch.inference_mode()
def evaluate_prompts(
    decoder: PromptDecoder, embeddings: torch.Tensor, slices: Sequence[Slice], seed: int = 0
) -> PromptQuality:
    """Prompt for every mask of every slice; ``embeddings`` is [len(slices), C, h, w]."""
    rng = np.random.default_rng(seed)
    reached: list[tuple[float, float, float]] = []
    for embedding, item in zip(embeddings, slices, strict=True):
        reached += [_one_mask(decoder, embedding[None], mask, rng) for mask in item.masks]
    areas = np.concatenate([item.masks.mean(axis=(1, 2)) for item in slices])
    large = np.asarray(reached)[areas >= LARGE_SHARE]
    every, big = np.mean(reached, axis=0), np.mean(large, axis=0)
    return PromptQuality(
        one_click=float(every[0]),
        two_clicks=float(every[1]),
        box=float(every[2]),
        masks=len(reached),
        large_one_click=float(big[0]),
        large_two_clicks=float(big[1]),
        large_box=float(big[2]),
        large=len(large),
    )


def _one_mask(
    decoder: PromptDecoder, embedding: torch.Tensor, mask: Mask, rng: np.random.Generator
) -> tuple[float, float, float]:
    coords, labels = click_prompt(*middle_of(mask))
    first, logits = answer(decoder, embedding, coords, labels, None, mask.shape)
    place, sign = correction(mask, first, rng)
    coords = np.append(coords, [place], axis=0).astype(np.float32)
    labels = np.append(labels, sign).astype(np.float32)
    second, _ = answer(decoder, embedding, coords, labels, logits, mask.shape)
    boxed, _ = answer(decoder, embedding, *box_prompt(mask, None), None, mask.shape)
    return iou(first, mask), iou(second, mask), iou(boxed, mask)


def answer(
    decoder: PromptDecoder,
    embedding: torch.Tensor,
    points: Points,
    labels: Points,
    previous: torch.Tensor | None,
    shape: tuple[int, ...],
) -> tuple[Mask, torch.Tensor]:
    """Prompt with pixels of a picture of ``shape`` (rows, columns), as the browser does.

    Return the mask of the best predicted IoU at that size, and its logits [1, 1, s, s].
    """
    low, scale = 4 * embedding.shape[-1], decoder.image_size / max(shape)
    coords = torch.from_numpy(points * np.float32(scale))[None]
    shown = torch.zeros(1, 1, low, low) if previous is None else previous
    given = torch.tensor([0.0 if previous is None else 1.0])
    logits, scores = decoder(embedding, coords, torch.from_numpy(labels)[None], shown, given)
    best = logits[:, int(scores.argmax())][:, None]
    full = functional.interpolate(best, size=(max(shape), max(shape)), mode="bilinear")
    return (full[0, 0, : shape[0], : shape[1]] > 0).numpy(), best


def iou(shown: Mask, wanted: Mask) -> float:
    """Return the share of either mask that lies in both."""
    return float((shown & wanted).sum() / max(1, (shown | wanted).sum()))
