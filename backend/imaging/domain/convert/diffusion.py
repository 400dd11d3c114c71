"""How the volumes of a diffusion series were weighted, by the numbers beside them (.bval, .bvec).

The files are FSL's: one b-value in s/mm2 and one direction for each volume, the direction along the
axes of the voxels, the first of which counts the other way where the file's affine is right-handed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from backend.imaging.domain.convert.facts import Facts
from backend.imaging.domain.convert.model import Volume

MISFIT = "It has {volumes} volumes, but {found} {what} came beside it; they were left out."
# Directions shorter than this are none: the volume is not weighted.
SHORTEST = 1e-3


@dataclass(frozen=True)
class Weighting:
    """A volume's b-value, and the direction of its gradient in the patient (LPS, of length one)."""

    b_value: float
    direction: tuple[float, float, float] | None


def weightings_of(volume: Volume, facts: Facts) -> tuple[Sequence[Weighting], list[str]]:
    """Return the weighting of each volume, none where nothing is known, and what should be said."""
    volumes = volume.voxels.shape[0]
    if not facts.b_values:
        return [], []
    if len(facts.b_values) != volumes:
        return [], [MISFIT.format(volumes=volumes, found=len(facts.b_values), what="b-values")]
    directions: list[tuple[float, float, float] | None] = [None] * volumes
    remarks = []
    if facts.gradients and len(facts.gradients) != volumes:
        found = len(facts.gradients)
        remarks.append(MISFIT.format(volumes=volumes, found=found, what="directions"))
    elif facts.gradients and volume.affine_lps is not None:
        directions = [_in_patient(each, volume.affine_lps) for each in facts.gradients]
    pairs = zip(facts.b_values, directions, strict=True)
    return [Weighting(b, direction if b > 0 else None) for b, direction in pairs], remarks


def _in_patient(
    along_voxels: tuple[float, float, float], affine_lps: np.ndarray
) -> tuple[float, float, float] | None:
    axes = affine_lps[:3, :3] / np.linalg.norm(affine_lps[:3, :3], axis=0)
    vector = np.array(along_voxels)
    if np.linalg.det(axes) > 0:
        vector[0] = -vector[0]
    turned = axes @ vector
    length = float(np.linalg.norm(turned))
    if length < SHORTEST:
        return None
    x, y, z = (float(part) for part in turned / length)
    return x, y, z


def add_weighting(dataset: Dataset, weighting: Weighting) -> None:
    """Say how a slice was weighted (PS3.3 C.8.13.5.9, its elements at the root of the data set)."""
    dataset.DiffusionBValue = weighting.b_value
    if weighting.direction is not None:
        dataset.DiffusionGradientOrientation = list(weighting.direction)


def drop_times(dataset: Dataset) -> None:
    """Take the word of time back: volumes that differ in their weighting are no time points."""
    for keyword in ("NumberOfTemporalPositions", "TemporalResolution"):
        if keyword in dataset:
            del dataset[keyword]
    for groups in dataset.get("PerFrameFunctionalGroupsSequence") or ():
        content = groups.FrameContentSequence[0]
        if "TemporalPositionIndex" in content:
            del content.TemporalPositionIndex


def weighting_group(weighting: Weighting) -> Items:
    """Return the MR Diffusion functional group (PS3.3 C.8.13.5.9)."""
    item = Dataset()
    item.DiffusionBValue = weighting.b_value
    item.DiffusionDirectionality = "NONE" if weighting.b_value == 0 else "ISOTROPIC"
    if weighting.direction is not None:
        direction = Dataset()
        direction.DiffusionGradientOrientation = list(weighting.direction)
        item.DiffusionDirectionality = "DIRECTIONAL"
        item.DiffusionGradientDirectionSequence = Items([direction])
    return Items([item])
