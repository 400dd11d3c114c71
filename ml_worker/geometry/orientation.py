"""Turn slices the way people hang them, and back, without resampling.

In-plane axes are swapped and axes flipped so that columns grow along the earlier patient axis (x
before y before z), x and y grow as in LPS, z falls (head up), and slices ascend along theirs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.geometry.voxel_grid import VoxelGrid

# Which way each patient axis should grow in the plane: L, P, and down along S.
WANTED_SIGN = (1.0, 1.0, -1.0)


@dataclass(frozen=True)
class Turn:
    """A reorientation of arrays whose last three axes are k, j, i."""

    swap: bool
    flip_k: bool
    flip_j: bool
    flip_i: bool

    def apply(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return a view in hanging orientation."""
        turned = np.swapaxes(array, -1, -2) if self.swap else array
        return np.flip(turned, axis=self._axes())

    def undo(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return a view in the original orientation."""
        turned = np.flip(array, axis=self._axes())
        return np.swapaxes(turned, -1, -2) if self.swap else turned

    def _axes(self) -> tuple[int, ...]:
        flips = ((-3, self.flip_k), (-2, self.flip_j), (-1, self.flip_i))
        return tuple(axis for axis, flip in flips if flip)


NO_TURN = Turn(swap=False, flip_k=False, flip_j=False, flip_i=False)


def hanging_turn(grid: VoxelGrid | None) -> Turn:
    """Return the turn that brings ``grid`` into hanging orientation; none without geometry.

    Flips are counted after the swap, as :meth:`Turn.apply` does them.
    """
    if grid is None:
        return NO_TURN
    i, j, k = grid.axes.T
    swap = _main_axis(i) > _main_axis(j)
    if swap:
        i, j = j, i
    return Turn(
        swap=swap,
        flip_k=bool(k[_main_axis(k)] < 0),
        flip_j=_is_against(j),
        flip_i=_is_against(i),
    )


def _main_axis(vector: NDArray[np.float64]) -> int:
    return int(np.abs(vector).argmax())


def _is_against(vector: NDArray[np.float64]) -> bool:
    axis = _main_axis(vector)
    return bool(vector[axis] * WANTED_SIGN[axis] < 0)
