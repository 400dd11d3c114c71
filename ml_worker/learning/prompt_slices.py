"""Pictures with masks for training an interactive model: resized, varied, drawn from a pool."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml_worker.learning.prompt_sampling import Mask

Picture = NDArray[np.uint8]
Draw = Callable[[np.random.Generator], tuple[Picture, list[Mask]]]

# A mask smaller than this at the model's size cannot be clicked with purpose.
SMALLEST_MASK_PIXELS = 100
LEAST_ZOOM = 0.6


@dataclass(frozen=True)
class Slice:
    """A square picture [n, n] uint8 and its masks [M, n, n]."""

    picture: Picture
    masks: NDArray[np.bool_]


def square_slice(picture: Picture, masks: Sequence[Mask], side: int) -> Slice | None:
    """Resize to ``side``, padding the shorter axis; None when no mask stays large enough."""
    rows, columns = picture.shape
    scale = side / max(rows, columns)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    square = np.zeros((side, side), dtype=np.uint8)
    square[: size[1], : size[0]] = np.asarray(
        Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR)
    )
    kept = []
    for mask in masks:
        small = np.zeros((side, side), dtype=np.bool_)
        grey = Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX)
        small[: size[1], : size[0]] = np.asarray(grey) > 127
        if small.sum() >= SMALLEST_MASK_PIXELS:
            kept.append(small)
    return Slice(square, np.stack(kept)) if kept else None


def make_pool(draw: Draw, rng: np.random.Generator, *, count: int, side: int) -> list[Slice]:
    """Draw ``count`` usable slices."""
    pool: list[Slice] = []
    while len(pool) < count:
        found = square_slice(*draw(rng), side)
        if found is not None:
            pool.append(found)
    return pool


def vary(item: Slice, rng: np.random.Generator) -> Slice:
    """Flip, turn, zoom and re-light a slice; it may lose masks but never all of them."""
    picture, masks = item.picture, item.masks
    if rng.random() < 0.25:
        picture, masks = np.rot90(picture), np.rot90(masks, axes=(1, 2))
    if rng.random() < 0.5:
        picture, masks = picture[:, ::-1], masks[:, :, ::-1]
    if rng.random() < 0.25:
        picture, masks = picture[::-1], masks[:, ::-1]
    turned = Slice(np.ascontiguousarray(picture), np.ascontiguousarray(masks))
    zoomed = _zoom(turned, rng) if rng.random() < 0.4 else None
    chosen = turned if zoomed is None else zoomed
    return Slice(_relight(chosen.picture, rng), chosen.masks)


def _zoom(item: Slice, rng: np.random.Generator) -> Slice | None:
    side = item.picture.shape[0]
    width = int(side * rng.uniform(LEAST_ZOOM, 1.0))
    top, left = (int(v) for v in rng.integers(0, side - width + 1, 2))
    window = np.s_[top : top + width, left : left + width]
    return square_slice(item.picture[window], [mask[window] for mask in item.masks], side)


def _relight(picture: Picture, rng: np.random.Generator) -> Picture:
    """Change gamma, contrast, brightness, sign and noise."""
    light = (picture / 255.0) ** rng.uniform(0.6, 1.6)
    if rng.random() < 0.15:
        light = 1.0 - light
    light = light * rng.uniform(0.75, 1.15) + rng.uniform(-0.06, 0.06)
    light = light + rng.normal(0.0, rng.uniform(0.0, 0.03), light.shape)
    lit: Picture = (np.clip(light, 0.0, 1.0) * 255).astype(np.uint8)
    return lit
