"""Teach a SAM anew how good its own masks are; nothing else about it changes.

The head that predicts the IoU of the four masks chooses which one a person sees. After a training
that was stopped early it prefers large masks whatever was clicked. Here the masks are made once and
measured, and the head alone learns from that: a minute of one core.

python -m ml_worker.learning.train_iou_head --weights FILE --out FILE --seed 5
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from fixtures.cohort.images2d import random_slice
from ml_worker.learning.prompt_sampling import (
    Mask,
    Points,
    box_prompt,
    click_prompt,
    correction,
    point_inside,
)
from ml_worker.learning.prompt_slices import Slice, make_pool
from ml_worker.learning.train_tiny_sam import pixels_of, save
from ml_worker.models.sam_decoder import PromptDecoder
from ml_worker.models.sam_parts import Sam
from ml_worker.models.sam_tiny import IMAGE_SIZE, build_limn_tiny

log = logging.getLogger(__name__)

SLICES = 260
MASKS_A_SLICE = 5
STEPS = 1500
BATCH = 128
LEARNING_RATE = 1e-3
HELD_OUT_SHARE = 0.2

# What the head reads, and the IoU that each of the four masks reached.
Example = tuple[Tensor, Tensor]


@torch.inference_mode()
def examples_of(sam: Sam, slices: list[Slice], rng: np.random.Generator) -> list[Example]:
    """Prompt for some masks of every slice by a click, by two and by a box."""
    decoder = PromptDecoder(sam)
    read: list[Tensor] = []
    hook = decoder.mask_decoder.iou_prediction_head.register_forward_pre_hook(
        lambda _, given: read.append(given[0])
    )
    found: list[Example] = []

    def ask(embedding: Tensor, mask: Mask, points: Points, labels: Points) -> Mask:
        shown, reached = _masks(decoder, embedding, mask, points, labels)
        found.append((read.pop()[0], reached))
        return shown

    for item in slices:
        embedding = sam.image_encoder(pixels_of([item]))
        areas = item.masks.sum(axis=(1, 2)) ** 0.5
        count = min(MASKS_A_SLICE, len(item.masks))
        for n in rng.choice(len(item.masks), count, replace=False, p=areas / areas.sum()):
            mask = item.masks[n]
            points, labels = click_prompt(*point_inside(mask, rng))
            shown = ask(embedding, mask, points, labels)
            place, sign = correction(mask, shown, rng)
            more = np.append(points, [place], axis=0).astype(np.float32)
            ask(embedding, mask, more, np.append(labels, sign).astype(np.float32))
            ask(embedding, mask, *box_prompt(mask, rng))
    hook.remove()
    return found


def _masks(
    decoder: PromptDecoder, embedding: Tensor, mask: Mask, points: Points, labels: Points
) -> tuple[Mask, Tensor]:
    """Return the mask that the head chooses now, and the IoU [4] that each of the four reached."""
    low = 4 * embedding.shape[-1]
    logits, scores = decoder(
        embedding,
        torch.from_numpy(points)[None],
        torch.from_numpy(labels)[None],
        torch.zeros(1, 1, low, low),
        torch.zeros(1),
    )
    full = functional.interpolate(logits, size=mask.shape, mode="bilinear")[0] > 0
    wanted = torch.from_numpy(mask)
    reached = (full & wanted).sum((1, 2)) / (full | wanted).sum((1, 2)).clamp(min=1)
    chosen: Mask = full[int(scores.argmax())].numpy()
    return chosen, reached


def train_head(head: nn.Module, examples: list[Example], seed: int) -> float:
    """Train in place; return how often the chosen mask is within 0.05 of the best, held out."""
    read, reached = (torch.stack(column) for column in zip(*examples, strict=True))
    kept = int(len(read) * (1 - HELD_OUT_SHARE))
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(head.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    for step in range(STEPS):
        rows = torch.randint(kept, (BATCH,), generator=generator)
        loss = functional.mse_loss(head(read[rows]), reached[rows])
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * (1 - step / STEPS)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    with torch.inference_mode():
        chosen = head(read[kept:]).argmax(dim=1, keepdim=True)
        got = reached[kept:].gather(1, chosen)[:, 0]
        return float((got >= reached[kept:].max(dim=1).values - 0.05).float().mean())


def main() -> None:
    """Train the head of a checkpoint and save the whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    sam = build_limn_tiny(options.weights)
    rng = np.random.default_rng(options.seed)
    slices = make_pool(random_slice, rng, count=SLICES, side=IMAGE_SIZE)
    examples = examples_of(sam, slices, rng)
    log.info("%d prompts on %d slices", len(examples), len(slices))
    torch.set_grad_enabled(True)
    head = sam.mask_decoder.iou_prediction_head
    share = train_head(head, [(a.clone(), b.clone()) for a, b in examples], options.seed)
    log.info("the chosen mask is among the best %.0f times of 100", 100 * share)
    log.info("saved %s, sha256 %s", options.out, save(sam, options.out))


if __name__ == "__main__":
    main()
