"""Mosaics come apart: the right slices in the right places, or a sentence why not."""

import numpy as np
import pytest

from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.imaging.domain.csa import read_csa
from backend.imaging.models import Grid, Instance, Series
from backend.imaging.selectors import grid_view, volume_ref
from backend.imaging.selectors.frames import frame_array, frame_source
from ml_worker.blobs import FolderBlobs
from ml_worker.volumes import load_volume
from tests.backend.imaging.mosaics import COLUMNS, ROWS, SPACING, csa, first_csa, mosaic_of, volume

pytestmark = pytest.mark.django_db

ROW = np.array([0.96, 0.28, 0.0])
COLUMN = np.array([-0.28, 0.96, 0.0])
CORNER = np.array([-31.0, 17.0, 40.0])
GAP = 3.3
GEOMETRY = (CORNER, ROW, COLUMN, GAP)
NORMAL = np.cross(ROW, COLUMN)


def tags(slices, normal=NORMAL):
    return {
        "NumberOfImagesInMosaic": [str(slices)],
        "SliceNormalVector": [f"{v:.8f}" for v in normal],
    }


def written(dataset, tmp_path, name="mosaic.dcm"):
    path = tmp_path / name
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("make", [csa, first_csa])
def test_both_versions_of_the_private_header_are_read(make):
    assert read_csa(make(**tags(5)))["NumberOfImagesInMosaic"] == ["5"]


@pytest.mark.parametrize("raw", [b"", b"SV10", b"SV10" + b"\xff" * 90, bytes(200)])
def test_a_damaged_private_header_says_nothing(raw):
    assert read_csa(raw) == {}


@pytest.mark.parametrize("direction", [1, -1])
def test_slices_lie_where_the_scanner_measured_them(direction, take_in, tmp_path):
    voxels = volume(7)
    header = csa(**tags(7, NORMAL * direction))
    take_in(written(mosaic_of(voxels, geometry=GEOMETRY, header=header), tmp_path))

    grid = Grid.objects.get()
    assert (grid.is_regular, grid.frame_count, grid.rows, grid.columns) == (True, 7, ROWS, COLUMNS)
    np.testing.assert_allclose(grid.spacing_mm_ijk, (SPACING[1], SPACING[0], GAP), atol=1e-6)
    source = frame_source(grid.frames[0][0])
    for _, number, position in grid.frames:
        wanted = CORNER + NORMAL * direction * GAP * (number - 1)
        np.testing.assert_allclose(position, wanted, atol=1e-4)
        np.testing.assert_array_equal(frame_array(source, number), voxels[number - 1])
    numbers = [number for _, number, _ in grid.frames]
    assert numbers == list(range(1, 8))[::direction]


def test_time_points_of_mosaics_are_volumes_of_their_own(take_in, tmp_path):
    for time in (1, 2, 3):
        dataset = mosaic_of(
            volume(4, seed=time),
            geometry=GEOMETRY,
            header=csa(**tags(4)),
            number=time,
            acquisition=time,
        )
        written(dataset, tmp_path, f"{time}.dcm")

    take_in(tmp_path)

    assert list(Grid.objects.order_by("number").values_list("name", "frame_count")) == [
        ("acquisition 1", 4),
        ("acquisition 2", 4),
        ("acquisition 3", 4),
    ]


def test_the_viewer_and_the_worker_see_slices(take_in, tmp_path, own_store):
    voxels = volume(5)
    header = csa(**tags(5))
    take_in(written(mosaic_of(voxels, geometry=GEOMETRY, header=header), tmp_path))
    grid = Grid.objects.get()

    view = grid_view(actor=Actor.system(), grid_id=grid.pk)
    seen = load_volume(volume_ref(grid.pk), FolderBlobs(own_store))

    (image,) = view.images
    assert (image.rows, image.columns, len(view.frames)) == (ROWS, COLUMNS, 5)
    np.testing.assert_array_equal(seen.image_kji, voxels)
    assert blob_store().local_path(Instance.objects.get().blob_sha256) is not None


def test_a_mosaic_without_a_direction_is_shown_slice_by_slice_and_is_no_volume(take_in, tmp_path):
    take_in(
        written(mosaic_of(volume(6), geometry=GEOMETRY, header=None, private_count=6), tmp_path)
    )

    grid = Grid.objects.get()
    assert (grid.is_regular, grid.frame_count, grid.rows) == (False, 6, ROWS)
    (warning,) = Series.objects.get().warnings
    assert "do not say which way their slices follow one another" in warning


def test_a_mosaic_that_says_nothing_stays_one_picture(take_in, tmp_path):
    take_in(written(mosaic_of(volume(6), geometry=GEOMETRY, header=None), tmp_path))

    grid = Grid.objects.get()
    assert (grid.is_regular, grid.frame_count, grid.rows) == (False, 1, 3 * ROWS)
    (warning,) = Series.objects.get().warnings
    assert "do not say how many slices each holds" in warning
