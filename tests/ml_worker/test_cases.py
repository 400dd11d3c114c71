"""Volumes on their way to the network and labels on their way back."""

import numpy as np
import pytest

from ml_worker.geometry.voxel_grid import VoxelGrid
from ml_worker.learning.cases import FIELD_PIXELS, choose_spacing, make_case, view_of
from ml_worker.learning.intensity import normalise, shown_bytes
from ml_worker.learning.prediction import paint
from ml_worker.learning.segments import Segments

CORONAL_FLIPPED = VoxelGrid.build(
    (0, 0, 0), (1.5, 2.0, 5.0), [0, -1, 0, 0, 0, 1, 1, 0, 0], (3, 40, 60)
)


def test_the_middle_field_of_view_fits_the_network():
    grids = [
        VoxelGrid.build((0, 0, 0), (s, s, 5), np.eye(3), (9, 256, 200)) for s in (1.0, 1.5, 3.0)
    ]
    assert choose_spacing([*grids, None]) == pytest.approx(1.5 * 256 / FIELD_PIXELS)
    assert choose_spacing([grids[2].build((0, 0, 0), (3, 3, 5), np.eye(3), (9, 64, 64))]) == 3.0
    assert choose_spacing([None]) == 1.0


def test_anisotropic_pixels_become_square_and_axes_are_swapped_with_the_turn():
    view = view_of(CORONAL_FLIPPED, (3, 40, 60), spacing_mm=1.0)
    # i runs along z: 60 pixels of 1.5 mm; j along -x: 40 of 2 mm. Hanging, x lies across.
    assert view.turn.swap
    assert view.size_ji == (90, 80)


def test_without_geometry_the_image_fills_the_field():
    assert view_of(None, (3, 100, 200), spacing_mm=2.4).size_ji == (FIELD_PIXELS // 2, FIELD_PIXELS)


@pytest.mark.parametrize("grid", [CORONAL_FLIPPED, None])
def test_labels_survive_the_way_to_the_network_and_back(grid):
    shape = (3, 40, 60)
    labels = np.zeros((1, *shape), dtype=np.uint16)
    labels[0, 0, 4:20, 8:30], labels[0, 2, 22:38, 30:58] = 3, 8
    image = labels[0].astype(np.float32) * 40
    view = view_of(grid, shape, spacing_mm=0.75)
    case = make_case(image, "CT", view, labels)
    assert case.image.shape[1:] == case.layers.shape[2:] == view.size_ji
    sure = np.stack([case.layers[0] == segment for segment in (3, 8)]).astype(np.float16)
    back = paint(sure, view, Segments((3, 8)))[0]
    assert back.shape == shape
    for segment in (3, 8):
        ours, theirs = back == segment, labels[0] == segment
        assert 2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()) > 0.97
        assert (ours.any(axis=(1, 2)) == theirs.any(axis=(1, 2))).all()


def test_ct_numbers_keep_their_meaning_and_other_images_their_own_scale():
    ct = np.array([[[-1000.0, 50.0, 400.0, 3000.0]]], dtype=np.float32)
    assert normalise(ct, "CT").flatten().tolist() == [-1.5, 0, 1, 1.5]
    mr = np.linspace(0, 1000, 400, dtype=np.float32).reshape(1, 20, 20)
    np.testing.assert_allclose(normalise(mr, "MR"), normalise(mr * 7 + 3, "MR"), atol=1e-4)
    assert np.isfinite(normalise(np.full((1, 4, 4), 5, np.float32), "MR")).all()


def test_a_picture_is_windowed_as_a_viewer_shows_it():
    image = np.array([[-60.0, 40.0, 140.0, 900.0]], dtype=np.float32)
    shown = shown_bytes(image, "CT", (40.0, 200.0), is_inverted=False)
    assert shown.tolist() == [[0, 128, 255, 255]]
    assert shown_bytes(image, "CT", (40.0, 200.0), is_inverted=True).tolist() == [[255, 127, 0, 0]]
    assert shown_bytes(image, "CT", None, is_inverted=False)[0, 1] == 128
    assert shown_bytes(image, "MR", None, is_inverted=False).dtype == np.uint8
