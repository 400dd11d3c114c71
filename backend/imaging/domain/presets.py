"""Windows that are one key away, by modality."""

from collections.abc import Sequence

import numpy as np

from backend.imaging.domain.decode import Pixels
from backend.imaging.domain.messages import PresetOut

_CT = (
    ("Abdomen", 60.0, 400.0),
    ("Lung", -600.0, 1500.0),
    ("Bone", 400.0, 1800.0),
    ("Brain", 40.0, 80.0),
    ("Mediastinum", 50.0, 350.0),
    ("Liver", 90.0, 150.0),
)


def presets_for(
    modality: str,
    centers: Sequence[float],
    widths: Sequence[float],
    percentiles: tuple[float, float] | None,
) -> list[PresetOut]:
    """Return presets: the file's own windows first, then what suits the modality."""
    own = [
        PresetOut(name="As sent" if place == 0 else f"As sent {place + 1}", center=c, width=w)
        for place, (c, w) in enumerate(zip(centers, widths, strict=False))
        if w > 0
    ]
    if modality == "CT":
        return own + [PresetOut(name=name, center=c, width=w) for name, c, w in _CT]
    if percentiles is None:
        return own
    low, high = percentiles
    width = max(high - low, 1e-6)
    auto = [
        PresetOut(name="Automatic", center=(low + high) / 2, width=width),
        PresetOut(name="Bright", center=low + width / 4, width=width / 2),
        PresetOut(name="Wide", center=(low + high) / 2, width=width * 2),
    ]
    return own + auto


def percentiles_of(values: Pixels) -> tuple[float, float]:
    """Return the 1st and 99.5th percentile of values, leaving out plain background."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    if flat.size == 0:
        return 0.0, 1.0
    body = flat[flat > flat.min()]
    low, high = np.percentile(body if body.size > flat.size // 50 else flat, [1, 99.5])
    return float(low), float(max(high, low + 1e-6))
