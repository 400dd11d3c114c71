"""Images as people saw them: 8 bits, windowed as the header says (PS3.3 C.11.2.1.2)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Shown = NDArray[np.uint8]


def window_of(centers: Sequence[float], widths: Sequence[float]) -> tuple[float, float] | None:
    """Return the header's first window that has a width."""
    for center, width in zip(centers, widths, strict=False):
        if width >= 1:
            return float(center), float(width)
    return None


def spread_window(low: float, high: float) -> tuple[float, float]:
    """Return the window that holds all values, for images that name none."""
    return (low + high) / 2 + 0.5, max(high - low, 0) + 1


def shown(values: NDArray[np.float64], window: tuple[float, float], *, inverted: bool) -> Shown:
    """Return values [rows, columns] through the linear window function, 0 to 255."""
    center, width = window
    span = max(width - 1, 1e-9)
    scaled = np.clip((values - (center - 0.5)) / span + 0.5, 0, 1)
    grey: Shown = np.rint((1 - scaled if inverted else scaled) * 255).astype(np.uint8)
    return grey
