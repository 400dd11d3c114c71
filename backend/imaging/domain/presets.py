"""Windows that are one key away, by modality."""

import numpy as np

from backend.imaging.domain.decode import Pixels
from backend.imaging.domain.messages import ImageOut, PresetOut, VoiFunction

_CT = (
    ("Abdomen", 60.0, 400.0),
    ("Lung", -600.0, 1500.0),
    ("Bone", 400.0, 1800.0),
    ("Brain", 40.0, 80.0),
    ("Mediastinum", 50.0, 350.0),
    ("Liver", 90.0, 150.0),
)


def presets_for(
    modality: str, image: ImageOut, percentiles: tuple[float, float] | None
) -> list[PresetOut]:
    """Return presets: the file's own tables and windows first, then what suits the modality."""
    own = [*_tables(image), *_windows(image)]
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


def function_of(said: object, width: float) -> VoiFunction:
    """Return how a file's own window is drawn (PS3.3 C.11.2.1.3); LINEAR unless it says other.

    LINEAR takes one from the width: with less than that, it cannot have been meant.
    """
    if said == "SIGMOID" or said == "LINEAR_EXACT":  # noqa: PLR1714  so that types follow
        return said
    return "LINEAR" if width > 1 else "LINEAR_EXACT"


def _windows(image: ImageOut) -> list[PresetOut]:
    return [
        PresetOut(
            name=_numbered("As sent", place),
            center=center,
            width=width,
            function=function_of(image.voi_lut_function, width),
        )
        for place, (center, width) in enumerate(
            zip(image.window_center, image.window_width, strict=False)
        )
        if width > 0
    ]


def _tables(image: ImageOut) -> list[PresetOut]:
    """Return the tables by their explanations, each with the window over the values it maps."""
    presets: list[PresetOut] = []
    for place, table in enumerate(image.voi_tables):
        name = f"VOI LUT: {table.name}" if table.name else "VOI LUT"
        is_taken = any(name == preset.name for preset in presets)
        presets.append(
            PresetOut(
                name=_numbered(name, place) if is_taken else name,
                center=table.first + table.count / 2,
                width=table.count,
                table=place,
            )
        )
    return presets


def _numbered(name: str, place: int) -> str:
    return name if place == 0 else f"{name} {place + 1}"


def percentiles_of(values: Pixels) -> tuple[float, float]:
    """Return the 1st and 99.5th percentile of values, leaving out plain background."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    if flat.size == 0:
        return 0.0, 1.0
    body = flat[flat > flat.min()]
    low, high = np.percentile(body if body.size > flat.size // 50 else flat, [1, 99.5])
    return float(low), float(max(high, low + 1e-6))
