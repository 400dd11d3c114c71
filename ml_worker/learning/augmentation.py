"""Vary training slices as patients and scanners vary: place, size, shape, light, noise.

No flips: left and right are anatomy, and slices are already turned as people hang them.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

LARGEST_TURN = math.radians(12)
LEAST_ZOOM, MOST_ZOOM = 0.8, 1.25
# Knots of the elastic field along each side, and how far (share of the side) they move.
KNOTS, LARGEST_BEND = 5, 0.03
LARGEST_NOISE = 0.08
# Contrast medium makes the same organ dark in one picture and bright in the next: this share of
# patches has its grey levels moved along a random curve through so many points, by so much.
CURVED_SHARE, CURVE_POINTS, LARGEST_MOVE = 0.35, 7, 0.4


def cut_patches(
    images: Tensor, layers: Tensor, centres: Tensor, patch: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Cut bent, turned and zoomed patches around ``centres``.

    ``images`` [B, 3, H, W] float32 of one size, ``layers`` [B, L, H, W] float32 segment ids,
    ``centres`` [B, 2] (row, column). Returns images [B, 3, p, p] and layers [B, L, p, p].
    """
    places = _places(images.shape, centres, patch, generator)
    cut = functional.grid_sample(
        images, places, mode="bilinear", padding_mode="border", align_corners=False
    )
    labels = functional.grid_sample(
        layers, places, mode="nearest", padding_mode="zeros", align_corners=False
    )
    return cut, labels


def relight(images: Tensor, generator: torch.Generator) -> Tensor:
    """Change contrast, brightness, gamma and noise of normalised images [B, C, h, w]."""
    shape = (images.shape[0], 1, 1, 1)
    gain = 1 + 0.15 * _uniform(shape, generator)
    offset = 0.1 * _uniform(shape, generator)
    gamma = torch.exp(0.25 * _uniform(shape, generator))
    lit = (images.clamp(-1.5, 1.5) + 1.5) / 3
    lit = _curved(lit**gamma, generator) * 3 - 1.5
    strength = LARGEST_NOISE * torch.rand(shape, generator=generator)
    noise = torch.randn(images.shape, generator=generator)
    return lit * gain + offset + noise * strength


def _curved(levels: Tensor, generator: torch.Generator) -> Tensor:
    """Move grey levels [B, C, h, w] of 0..1 along a curve of each patch's own, or leave them."""
    count = len(levels)
    moves = LARGEST_MOVE / 2 * _uniform((count, CURVE_POINTS + 1), generator)
    moves *= torch.rand((count, 1), generator=generator) < CURVED_SHARE
    moves[:, [0, -2, -1]] = 0  # air stays air, and the brightest bone
    place = levels * (CURVE_POINTS - 1)
    below = place.long()
    flat = below.reshape(count, -1)
    low = moves.gather(1, flat).view_as(levels)
    high = moves.gather(1, flat + 1).view_as(levels)
    return levels + low + (high - low) * (place - below)


def _places(shape: torch.Size, centres: Tensor, patch: int, generator: torch.Generator) -> Tensor:
    """Return sampling places [B, p, p, 2] as grid_sample wants them: x, y in -1..1."""
    count, _, rows, columns = shape
    steps = torch.arange(patch) + 0.5 - patch / 2
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    turn = LARGEST_TURN * _uniform((count, 1, 1), generator)
    zoom = (
        torch.empty(count, 1, 1)
        .uniform_(math.log(LEAST_ZOOM), math.log(MOST_ZOOM), generator=generator)
        .exp()
    )
    knots = LARGEST_BEND * patch * _uniform((count, 2, KNOTS, KNOTS), generator)
    bend = functional.interpolate(knots, size=(patch, patch), mode="bicubic", align_corners=True)
    column = (torch.cos(turn) * x - torch.sin(turn) * y) / zoom + bend[:, 0]
    row = (torch.sin(turn) * x + torch.cos(turn) * y) / zoom + bend[:, 1]
    column = (column + centres[:, 1, None, None] + 0.5) * 2 / columns - 1
    row = (row + centres[:, 0, None, None] + 0.5) * 2 / rows - 1
    return torch.stack((column, row), dim=-1)


def _uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Return numbers between -1 and 1."""
    return torch.empty(shape).uniform_(-1, 1, generator=generator)
