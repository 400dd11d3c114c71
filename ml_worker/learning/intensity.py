"""Bring images of one modality onto one scale, about -1 to 1."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

# CT numbers mean the same everywhere: soft tissue fills the scale, lung and bone its ends.
CT_CENTER, CT_HALF_WIDTH = 50.0, 350.0
CT_SHOWN = (40.0, 400.0)
# Elsewhere the scale is the image's own: these shares of its voxels lie below and above it.
LOW_SHARE, HIGH_SHARE = 1.0, 99.0
# Percentiles of a sample are as good as those of the volume, and much faster.
SAMPLE = 200_000


def normalise(image_kji: Image, modality: str) -> Image:
    """Scale modality units to about -1..1: CT by its numbers, others by their own percentiles."""
    if modality == "CT":
        scaled = (image_kji - np.float32(CT_CENTER)) / np.float32(CT_HALF_WIDTH)
    else:
        low, high = _range(image_kji)
        scaled = (image_kji - np.float32(low)) * np.float32(2 / (high - low)) - np.float32(1)
    return np.clip(scaled, -1.5, 1.5, out=scaled)


def shown_bytes(
    image_ji: Image, modality: str, window: tuple[float, float] | None, *, is_inverted: bool
) -> NDArray[np.uint8]:
    """Apply a window (center, width) as a viewer does; None means a sensible one."""
    if window is not None:
        center, width = window
    elif modality == "CT":
        center, width = CT_SHOWN
    else:
        low, high = _range(image_ji)
        center, width = (low + high) / 2, high - low
    level = (image_ji - np.float32(center - width / 2)) * np.float32(255 / width)
    shown = np.clip(np.rint(level), 0, 255).astype(np.uint8)
    inverted: NDArray[np.uint8] = 255 - shown
    return inverted if is_inverted else shown


def _range(image: Image) -> tuple[float, float]:
    values = image.reshape(-1)[:: max(1, image.size // SAMPLE)]
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, (LOW_SHARE, HIGH_SHARE)))
    return (low, high) if high > low else (low, low + 1.0)
