"""Polygons become the voxels whose centres they hold."""

import numpy as np

from ml_worker.geometry.contours import fill_contours, fill_polygon
from ml_worker.geometry.voxel_grid import VoxelGrid


def test_a_rectangle_holds_the_centres_within():
    mask = fill_polygon([(1.5, 0.5), (4.5, 0.5), (4.5, 3.5), (1.5, 3.5)], (6, 8))
    wanted = np.zeros((6, 8), bool)
    wanted[1:4, 2:5] = True
    np.testing.assert_array_equal(mask, wanted)


def test_a_polygon_is_the_same_whichever_way_it_is_drawn():
    points = np.array([(1.2, 0.3), (6.7, 2.1), (5.9, 7.4), (3.1, 4.0), (0.4, 6.6)])
    np.testing.assert_array_equal(fill_polygon(points, (9, 9)), fill_polygon(points[::-1], (9, 9)))


def test_what_stands_out_over_the_edge_is_cut():
    mask = fill_polygon([(-5, -5), (20, -5), (20, 2.5), (-5, 2.5)], (5, 4))
    assert mask[:3].all()
    assert not mask[3:].any()


def square(low, high, z):
    return [(low, low, z), (high, low, z), (high, high, z), (low, high, z)]


GRID = VoxelGrid((10.0, 20.0, 30.0), (1.0, 1.0, 2.0), (1, 0, 0, 0, 1, 0, 0, 0, 1), (4, 12, 12))


def moved(points, k):
    return [(x + 10, y + 20, 30 + 2.0 * k) for x, y, _ in points]


def test_a_contour_within_another_is_a_hole():
    mask, left_out = fill_contours(
        [moved(square(1.5, 9.5, 0), 2), moved(square(3.5, 6.5, 0), 2)], GRID
    )
    assert (left_out, int(mask.sum())) == (0, 8 * 8 - 3 * 3)
    assert mask[2].any()
    assert not mask[2, 4:7, 4:7].any()


def test_contours_beside_all_slices_are_counted():
    mask, left_out = fill_contours([moved(square(1, 5, 0), 9), moved(square(1, 5, 0), -2)], GRID)
    assert (left_out, mask.any()) == (2, False)
