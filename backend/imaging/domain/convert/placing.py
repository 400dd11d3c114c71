"""From an affine to what DICOM says of every slice: position, orientation, spacing.

No voxel is moved and no axis is turned: slices keep the order of the file, and each is put where
the affine has it. So left-handed affines and stacks that lean need nothing special.
"""

from dataclasses import dataclass

import numpy as np
from pydicom.valuerep import format_number_as_ds

from backend.imaging.domain.convert.model import Affine
from backend.imaging.domain.rejections import Rejected
from ml_worker.geometry.frames import COSINE_TOLERANCE

# Axes shorter than this (mm) are no axes.
SHORTEST_STEP_MM = 1e-6
LARGEST_STEP_MM = 1e6
# Less than this is rounding in the affine (single precision), not a lean.
LEAN_TOLERANCE = 1e-3
LEANS = (
    "Its slices are shifted sideways against one another (a leaning stack); they lie exactly "
    "where the file says, but form no straight volume."
)


@dataclass(frozen=True)
class Placing:
    """Where the slices of a volume lie; lengths in mm, LPS."""

    origin: Affine
    row: Affine
    column: Affine
    step: Affine
    between_rows: float
    between_columns: float

    @property
    def between_slices(self) -> float:
        """Distance of neighbouring slices along their normal."""
        normal = np.cross(self.row, self.column)
        return float(abs(self.step @ (normal / np.linalg.norm(normal))))

    def position(self, k: int) -> list[str]:
        """Return the centre of the first voxel of slice `k` as DICOM writes it."""
        return decimal_strings(self.origin + k * self.step)

    @property
    def orientation(self) -> list[str]:
        """Row, then column direction, as DICOM writes them."""
        return decimal_strings(np.concatenate([self.row, self.column]))

    @property
    def pixel_spacing(self) -> list[str]:
        """Between rows, between columns, as DICOM writes them."""
        return decimal_strings(np.array([self.between_rows, self.between_columns]))


def decimal_strings(numbers: Affine) -> list[str]:
    """Write numbers as DICOM decimal strings, with all the digits that these hold."""
    return [format_number_as_ds(float(number) + 0.0) for number in numbers]


def place(affine_lps: Affine) -> tuple[Placing, list[str]]:
    """Return where slices lie and what should be said of it; Rejected where DICOM cannot say it."""
    if not np.isfinite(affine_lps).all():
        raise Rejected("imaging.source_affine", why="it holds numbers that are none")
    axes = affine_lps[:3, :3]
    lengths = np.linalg.norm(axes, axis=0)
    if lengths.min() < SHORTEST_STEP_MM or lengths.max() > LARGEST_STEP_MM:
        raise Rejected("imaging.source_affine", why="a voxel has no size, or a boundless one")
    units = axes / lengths
    if abs(np.linalg.det(units)) < SHORTEST_STEP_MM:
        raise Rejected("imaging.source_affine", why="two of its axes are the same")
    lean = float(units[:, 0] @ units[:, 1])
    if abs(lean) > COSINE_TOLERANCE / 10:
        angle = np.degrees(np.arccos(np.clip(lean, -1, 1)))
        raise Rejected("imaging.source_sheared", why=f"{angle:.2f} degrees")
    placing = Placing(
        origin=affine_lps[:3, 3],
        row=units[:, 0],
        column=units[:, 1],
        step=axes[:, 2],
        between_rows=float(lengths[1]),
        between_columns=float(lengths[0]),
    )
    leans = max(abs(units[:, 2] @ units[:, 0]), abs(units[:, 2] @ units[:, 1])) > LEAN_TOLERANCE
    return placing, [LEANS] if leans else []
