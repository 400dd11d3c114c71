"""Turning slices the way people hang them, and back without a trace."""

import numpy as np
import pytest

from ml_worker.geometry.orientation import Turn, hanging_turn
from ml_worker.geometry.voxel_grid import VoxelGrid

AXES = {
    "L": (1, 0, 0),
    "R": (-1, 0, 0),
    "P": (0, 1, 0),
    "A": (0, -1, 0),
    "S": (0, 0, 1),
    "I": (0, 0, -1),
}


def grid_towards(i: str, j: str, k: str) -> VoxelGrid:
    axes = np.stack([AXES[i], AXES[j], AXES[k]], axis=1)
    return VoxelGrid.build((3, 5, 7), (1, 2, 3), axes, (2, 3, 4))


def test_an_axial_slice_as_scanners_send_it_is_left_alone():
    assert hanging_turn(grid_towards("L", "P", "S")) == Turn(False, False, False, False)


@pytest.mark.parametrize("towards", ["LPS", "RPI", "RAS", "PLI", "ASR", "LIP", "IRA", "SRP"])
def test_every_orientation_ends_hanging_and_comes_back(towards):
    grid = grid_towards(*towards)
    turn = hanging_turn(grid)
    index = np.indices(grid.shape_kji)  # k, j, i of every voxel
    points = grid.lps_from_index(np.moveaxis(index[::-1], 0, -1))
    turned = turn.apply(np.moveaxis(points, -1, 0))
    steps_i = turned[:, 0, 0, 1] - turned[:, 0, 0, 0]
    steps_j = turned[:, 0, 1, 0] - turned[:, 0, 0, 0]
    steps_k = turned[:, 1, 0, 0] - turned[:, 0, 0, 0]
    for step, signs in ((steps_i, (1, 1, -1)), (steps_j, (1, 1, -1)), (steps_k, (1, 1, 1))):
        axis = int(np.abs(step).argmax())
        assert step[axis] * signs[axis] > 0
    assert np.abs(steps_i).argmax() < np.abs(steps_j).argmax()
    array = np.arange(24).reshape(grid.shape_kji)
    np.testing.assert_array_equal(turn.undo(turn.apply(array)), array)


def test_without_geometry_nothing_is_turned():
    assert hanging_turn(None) == Turn(False, False, False, False)
