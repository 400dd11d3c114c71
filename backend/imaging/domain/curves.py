"""Brightness curves that images bring along: VOI LUT Sequence (PS3.3 C.11.2.1.1)."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.pixels.processing import apply_voi

from backend.imaging.domain.decode import Pixels


def is_curved(values: dict[str, Any]) -> bool:
    """Tell whether a frame is meant to be seen through a curve: it brings no window beside it."""
    curves: int = values.get("curves") or 0
    return curves > 0 and len(values["center"]) == curves


def through_curve(path: Path, shown: Pixels) -> Pixels | None:
    """Return shown values through the first curve, from 0 to 1; None where it cannot be read."""
    header = dcmread(path, stop_before_pixels=True, force=True)
    sequence = header.get("VOILUTSequence")
    if not sequence or not (shown == np.rint(shown)).all():
        return None
    try:
        curved = apply_voi(shown.astype(np.int64), header, index=0)
        bits = int(sequence[0].LUTDescriptor[2])
    except (AttributeError, IndexError, NotImplementedError, TypeError, ValueError):
        return None
    grey: Pixels = curved.astype(np.float64) / ((1 << bits) - 1)
    return grey
