"""From frames as DICOM describes them to grids: sorting, spacing, and why not.

Spacing between slices comes from positions projected on the slice normal, never from
SliceThickness; frames are ordered by position, never by InstanceNumber.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml_worker.geometry.voxel_grid import VoxelGrid

Vector = NDArray[np.float64]

# Two orientations are the same when no cosine differs by more than this (0.06 degrees).
ORIENTATION_TOLERANCE = 1e-3
# Row and column directions must be this close to unit length and to a right angle.
COSINE_TOLERANCE = 1e-2
# In-plane spacings are the same when they differ by less than this share.
PIXEL_SPACING_TOLERANCE = 1e-3
# Two slices closer than this lie on the same place.
SAME_PLACE_MM = 1e-3
# A slice may lie this far from its place on the fitted lattice: the larger of both applies.
PLACE_TOLERANCE_MM = 0.02
PLACE_TOLERANCE_SHARE = 0.02
# A step that leaves the normal by more than this is a leaning (gantry tilted) stack.
TILT_TOLERANCE_DEGREES = 0.1
# A lone slice has no neighbour to measure from.
SINGLE_FRAME_SPACING_MM = 1.0

NO_GEOMETRY = "The frames carry no position or orientation, so distances are in pixels."
MIXED_SIZES = "The frames differ in rows or columns."
MIXED_ORIENTATIONS = "The frames lie in different orientations."
MIXED_PIXEL_SPACINGS = "The frames differ in pixel spacing."
BAD_ORIENTATION = "The row and column directions of the frames are not at right angles."


@dataclass(frozen=True)
class FrameGeometry:
    """Where one frame lies, as its header says.

    ``orientation`` is ImageOrientationPatient (cosines of the row, then of the column);
    ``pixel_spacing_mm`` is PixelSpacing: between rows, then between columns.
    """

    rows: int
    columns: int
    position_mm_lps: tuple[float, float, float] | None = None
    orientation: tuple[float, float, float, float, float, float] | None = None
    pixel_spacing_mm: tuple[float, float] | None = None


@dataclass(frozen=True)
class FrameGrid:
    """Frames of one grid.

    ``order`` holds indices into the frames given, in grid order (ascending along the normal).
    ``offsets_mm`` are places along the normal in that order, empty without geometry.
    ``grid`` is there whenever one affine describes all frames exactly; a leaning stack has one
    although it is not regular. ``reason`` is a sentence exactly when ``is_regular`` is false.
    """

    order: tuple[int, ...]
    grid: VoxelGrid | None
    is_regular: bool
    reason: str | None
    offsets_mm: tuple[float, ...]


def slice_normal(orientation: ArrayLike) -> Vector:
    """Return the unit normal of a slice: row direction cross column direction."""
    row, column = _row_and_column(orientation)
    normal: Vector = np.cross(row, column)
    return normal / np.linalg.norm(normal)


def alike_frames(frames: Sequence[FrameGeometry]) -> list[list[int]]:
    """Group the indices of frames that share size, orientation and pixel spacing."""
    groups: list[list[int]] = []
    for index, frame in enumerate(frames):
        for group in groups:
            if _why_mixed([frames[group[0]], frame]) in (None, NO_GEOMETRY, BAD_ORIENTATION):
                group.append(index)
                break
        else:
            groups.append([index])
    return groups


def grid_from_frames(frames: Sequence[FrameGeometry]) -> FrameGrid:
    """Sort frames along their normal and say whether they form one regular grid."""
    if not frames:
        raise ValueError("a grid needs at least one frame")
    mixed = _why_mixed(frames)
    if mixed is not None:
        unsorted = tuple(range(len(frames)))
        return FrameGrid(unsorted, None, is_regular=False, reason=mixed, offsets_mm=())
    orientation = np.asarray(frames[0].orientation, dtype=np.float64)
    normal = slice_normal(orientation)
    positions = np.asarray([frame.position_mm_lps for frame in frames], dtype=np.float64)
    order = np.argsort(positions @ normal, kind="stable")
    positions = positions[order]
    along = positions @ normal
    reason = _why_uneven(along)
    grid = None
    if reason is None:
        fitted = _fit(frames[0], orientation, positions)
        reason = _why_scattered(positions, fitted)
        if reason is None:
            grid, reason = fitted, _why_leaning(fitted, normal)
    return FrameGrid(
        tuple(int(index) for index in order),
        grid,
        is_regular=reason is None,
        reason=reason,
        offsets_mm=tuple(float(place) for place in along),
    )


def _row_and_column(orientation: ArrayLike) -> tuple[Vector, Vector]:
    cosines = np.asarray(orientation, dtype=np.float64)
    return cosines[:3], cosines[3:]


def _why_mixed(frames: Sequence[FrameGeometry]) -> str | None:
    first = frames[0]
    if any((frame.rows, frame.columns) != (first.rows, first.columns) for frame in frames):
        return MIXED_SIZES
    orientations = [frame.orientation for frame in frames if frame.orientation is not None]
    spacings = [frame.pixel_spacing_mm for frame in frames if frame.pixel_spacing_mm is not None]
    placed = [frame for frame in frames if frame.position_mm_lps is not None]
    if min(len(orientations), len(spacings), len(placed)) < len(frames):
        return NO_GEOMETRY
    cosines = np.asarray(orientations, dtype=np.float64)
    if np.abs(cosines - cosines[0]).max() > ORIENTATION_TOLERANCE:
        return MIXED_ORIENTATIONS
    sizes = np.asarray(spacings, dtype=np.float64)
    if (np.abs(sizes - sizes[0]) > PIXEL_SPACING_TOLERANCE * np.abs(sizes[0])).any():
        return MIXED_PIXEL_SPACINGS
    return None if _is_sound(cosines[0], sizes[0]) else BAD_ORIENTATION


def _is_sound(orientation: Vector, pixel_spacing_mm: Vector) -> bool:
    row, column = _row_and_column(orientation)
    errors = np.array([np.linalg.norm(row) - 1, np.linalg.norm(column) - 1, row @ column])
    return bool(np.abs(errors).max() <= COSINE_TOLERANCE and (pixel_spacing_mm > 0).all())


def _why_uneven(along_mm: Vector) -> str | None:
    """Why the sorted places along the normal are not evenly spaced; slices count from 1."""
    if len(along_mm) < 2:
        return None
    steps = np.diff(along_mm)
    doubled = np.flatnonzero(steps <= SAME_PLACE_MM)
    if len(doubled):
        return f"Slices {doubled[0] + 1} and {doubled[0] + 2} lie at the same place ({_times(len(doubled))})."
    usual = float(np.median(steps))
    wide = np.flatnonzero(steps > 1.5 * usual)
    if len(wide):
        after = int(wide[0])
        return (
            f"There is a gap of {steps[after]:.2f} mm after slice {after + 1}; "
            f"slices are {usual:.2f} mm apart elsewhere ({_times(len(wide))})."
        )
    even = along_mm[0] + np.arange(len(along_mm)) * (along_mm[-1] - along_mm[0]) / len(steps)
    if np.abs(along_mm - even).max() > _place_tolerance(usual):
        return f"The spacing between slices varies from {steps.min():.2f} to {steps.max():.2f} mm."
    return None


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _place_tolerance(spacing_mm: float) -> float:
    return max(PLACE_TOLERANCE_MM, PLACE_TOLERANCE_SHARE * spacing_mm)


def _fit(frame: FrameGeometry, orientation: Vector, positions: Vector) -> VoxelGrid:
    """Lay the lattice through the sorted positions; its k axis follows them, leaning or not."""
    row, column = _row_and_column(orientation)
    if len(positions) > 1:
        step = (positions[-1] - positions[0]) / (len(positions) - 1)
    else:
        step = slice_normal(orientation) * SINGLE_FRAME_SPACING_MM
    spacing_k = float(np.linalg.norm(step))
    between_rows, between_columns = frame.pixel_spacing_mm or (1.0, 1.0)
    axes = (row / np.linalg.norm(row), column / np.linalg.norm(column), step / spacing_k)
    return VoxelGrid.build(
        positions[0],
        (between_columns, between_rows, spacing_k),
        np.stack(axes, axis=1),
        (len(positions), frame.rows, frame.columns),
    )


def _why_scattered(positions: Vector, grid: VoxelGrid) -> str | None:
    places = np.stack([np.zeros(len(positions))] * 2 + [np.arange(len(positions))], axis=1)
    stray = np.linalg.norm(positions - grid.lps_from_index(places), axis=1)
    worst = int(stray.argmax())
    if stray[worst] <= _place_tolerance(grid.spacing_mm_ijk[2]):
        return None
    return f"Slice {worst + 1} is shifted sideways by {stray[worst]:.2f} mm against the others."


def _why_leaning(grid: VoxelGrid, normal: Vector) -> str | None:
    angle = float(np.degrees(np.arccos(np.clip(grid.axes[:, 2] @ normal, -1.0, 1.0))))
    if angle <= TILT_TOLERANCE_DEGREES:
        return None
    return f"The stack leans by {angle:.1f} degrees (gantry tilt): slices are shifted sideways."
