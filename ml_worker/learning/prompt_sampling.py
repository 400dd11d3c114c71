"""What a person would click: first prompts and corrections for a wanted mask (numpy only)."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml_worker.models.prompt_labels import (
    BACKGROUND,
    BOX_FIRST,
    BOX_SECOND,
    FOREGROUND,
    PADDING,
)

Mask = NDArray[np.bool_]
Points = NDArray[np.float32]

# A person draws a box that is off by up to this share of its side, and by this many pixels.
BOX_SLACK_SHARE = 0.08
BOX_SLACK_PIXELS = 8.0


def middle_of(mask_ji: Mask) -> tuple[float, float]:
    """Return (x, y) of the pixel deepest inside the mask."""
    depth = ndimage.distance_transform_edt(np.pad(mask_ji, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(column), float(row)


def point_inside(mask_ji: Mask, rng: np.random.Generator) -> tuple[float, float]:
    """Return (x, y) of a random pixel of the mask, more often deep inside than on the edge."""
    depth = ndimage.distance_transform_edt(np.pad(mask_ji, 1))[1:-1, 1:-1]
    wanted = mask_ji & (depth >= rng.uniform(0.0, 0.9) * depth.max())
    rows, columns = np.nonzero(wanted)
    chosen = int(rng.integers(len(rows)))
    return float(columns[chosen]), float(rows[chosen])


def click_prompt(x: float, y: float) -> tuple[Points, Points]:
    """Return coordinates [2, 2] and labels [2] of one positive click."""
    return (
        np.array([[x, y], [0, 0]], dtype=np.float32),
        np.array([FOREGROUND, PADDING], dtype=np.float32),
    )


def box_prompt(mask_ji: Mask, rng: np.random.Generator | None) -> tuple[Points, Points]:
    """Return the corners of the mask's box, loosened by ``rng`` if given, as coordinates, labels."""
    rows, columns = np.flatnonzero(mask_ji.any(1)), np.flatnonzero(mask_ji.any(0))
    corners = np.array([[columns[0], rows[0]], [columns[-1], rows[-1]]], dtype=np.float32)
    if rng is not None:
        slack = np.minimum(BOX_SLACK_SHARE * (corners[1] - corners[0]), BOX_SLACK_PIXELS)
        corners = corners + rng.uniform(-1.0, 1.0, (2, 2)).astype(np.float32) * (slack + 1)
    return corners.astype(np.float32), np.array([BOX_FIRST, BOX_SECOND], dtype=np.float32)


def first_prompt(mask_ji: Mask, rng: np.random.Generator) -> tuple[Points, Points]:
    """Return a click (two times in three) or a box."""
    if rng.random() < 1 / 3:
        return box_prompt(mask_ji, rng)
    return click_prompt(*point_inside(mask_ji, rng))


def correction(
    wanted_ji: Mask, shown_ji: Mask, rng: np.random.Generator
) -> tuple[tuple[float, float], float]:
    """Return (x, y) and label of a click where the shown mask is wrong, in the larger error."""
    missing, excess = wanted_ji & ~shown_ji, shown_ji & ~wanted_ji
    if not missing.any() and not excess.any():
        return point_inside(wanted_ji, rng), float(FOREGROUND)
    if missing.sum() >= excess.sum():
        return point_inside(missing, rng), float(FOREGROUND)
    return point_inside(excess, rng), float(BACKGROUND)
