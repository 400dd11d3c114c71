"""Train ``limn_tiny`` on synthetic slices and write it down with what it reached.

python -m ml_worker.learning.train_tiny_sam --out fixtures/models/limn-tiny-sam.pt \
        --seed 1 --minutes 25
"""

import argparse
import hashlib
import logging
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from fixtures.cohort.images2d import random_slice
from ml_worker.learning.prompt_evaluation import PromptQuality, evaluate_prompts
from ml_worker.learning.prompt_hints import DenseHint
from ml_worker.learning.prompt_slices import Draw, Slice, make_pool, vary
from ml_worker.learning.prompt_start import look_where_pointed
from ml_worker.learning.prompt_training import training_loss
from ml_worker.models.sam_decoder import PromptDecoder
from ml_worker.models.sam_parts import Sam
from ml_worker.models.sam_tiny import IMAGE_SIZE, PIXEL_MEAN, PIXEL_STD, build_limn_tiny

log = logging.getLogger(__name__)

IMAGES_A_STEP = 4
PROMPTS_AN_IMAGE = 5
POOL = 1500
HELD_OUT = 60
LEARNING_RATE = 6e-4
WARM_UP_STEPS = 60
MEAN_DECAY = 0.995
AREA_POWER = 0.75
HINT_WEIGHT = 1.0
LARGEST_GRADIENT = 1.0
REPORT_EVERY = 100


def train(
    draw: Draw,
    sam: Sam,
    *,
    seed: int,
    minutes: float,
    keep: Callable[[Sam], object] = lambda _: None,
    pool_size: int = POOL,
) -> Sam:
    """Train for ``minutes`` of processor time and return the running mean of the weights.

    The rate follows a cosine. ``keep`` is given that mean now and then, so that a run that is
    stopped early leaves what it learned.
    """
    rng = np.random.default_rng(seed)
    pool = make_pool(draw, rng, count=pool_size, side=IMAGE_SIZE)
    log.info("%d slices, %d masks", len(pool), sum(len(item.masks) for item in pool))
    mean = AveragedModel(sam, multi_avg_fn=get_ema_multi_avg_fn(MEAN_DECAY))  # type: ignore[no-untyped-call]
    decoder = PromptDecoder(sam.train())
    hint = DenseHint(decoder)
    learned = nn.ModuleList([sam, hint]).parameters()  # shared ones once
    optimizer = torch.optim.AdamW(learned, lr=LEARNING_RATE, weight_decay=0.02)
    started, step, loss = time.process_time(), 0, math.nan
    while (done := (time.process_time() - started) / (60 * minutes)) < 1:
        rate = LEARNING_RATE * min(1.0, (step + 1) / WARM_UP_STEPS)
        for group in optimizer.param_groups:
            group["lr"] = rate * (0.5 + 0.5 * math.cos(math.pi * done))
        latest = _step(sam, decoder, hint, optimizer, _batch(pool, rng), rng)
        mean.update_parameters(sam)
        step += 1
        loss = latest if step == 1 else 0.98 * loss + 0.02 * latest
        if step % REPORT_EVERY == 0:
            log.info("step %d, %.0f %% of the time, loss %.3f", step, 100 * done, loss)
            keep(mean.module)
    log.info("%d steps", step)
    averaged: Sam = mean.module.eval()
    return averaged


def measure(sam: Sam, draw: Draw, *, seed: int, count: int = HELD_OUT) -> PromptQuality:
    """Measure on slices of another seed than any used in training."""
    slices = make_pool(draw, np.random.default_rng(seed), count=count, side=IMAGE_SIZE)
    with torch.inference_mode():
        embeddings = torch.cat([sam.image_encoder(pixels_of([item])) for item in slices])
    return evaluate_prompts(PromptDecoder(sam), embeddings, slices)


def save(sam: Sam, path: Path) -> str:
    """Write the weights in half precision and return their SHA-256."""
    weights = {name: value.half().contiguous() for name, value in sam.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(weights, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _batch(pool: list[Slice], rng: np.random.Generator) -> list[Slice]:
    return [vary(pool[int(n)], rng) for n in rng.integers(0, len(pool), IMAGES_A_STEP)]


def _step(
    sam: Sam,
    decoder: PromptDecoder,
    hint: DenseHint,
    optimizer: torch.optim.Optimizer,
    batch: Sequence[Slice],
    rng: np.random.Generator,
) -> float:
    """Take one optimiser step and return the loss of the prompts."""
    pictures = sam.image_encoder(pixels_of(batch))
    hints = [hint(pictures[n : n + 1], item.masks) for n, item in enumerate(batch)]
    embeddings = pictures.repeat_interleave(PROMPTS_AN_IMAGE, dim=0)
    chosen = [_choose_masks(item, rng) for item in batch]
    loss = training_loss(decoder, embeddings, np.concatenate(chosen), rng)
    optimizer.zero_grad()
    torch.autograd.backward(loss + HINT_WEIGHT * torch.stack(hints).mean())
    torch.nn.utils.clip_grad_norm_(sam.parameters(), LARGEST_GRADIENT)
    optimizer.step()
    return float(loss.detach())


def _choose_masks(item: Slice, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose masks [P, n, n], large ones more often."""
    weight = item.masks.sum(axis=(1, 2)) ** AREA_POWER
    chosen = rng.choice(len(item.masks), PROMPTS_AN_IMAGE, p=weight / weight.sum())
    return item.masks[chosen]


def pixels_of(batch: Sequence[Slice]) -> torch.Tensor:
    """Return normalised network input [B, 3, n, n]."""
    grey = torch.from_numpy(np.stack([item.picture for item in batch])).float()
    mean, std = torch.tensor(PIXEL_MEAN), torch.tensor(PIXEL_STD)
    return (grey[:, None] - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)


def main() -> None:
    """Train, save, load again as a user would, and log the quality of what was saved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=25.0)
    parser.add_argument("--parent", type=Path, help="weights to go on from")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    sam = build_limn_tiny(options.parent)
    if options.parent is None:
        look_where_pointed(sam)
    sam = train(
        random_slice,
        sam,
        seed=options.seed,
        minutes=options.minutes,
        keep=lambda mean: save(mean, options.out),
    )
    sha256 = save(sam, options.out)
    log.info("saved %s, sha256 %s", options.out, sha256)
    log.info("held out: %s", measure(build_limn_tiny(options.out), random_slice, seed=10_000))


if __name__ == "__main__":
    main()
