"""Grids: frames in the order they lie, geometry as it truly is, and nothing lost."""

import numpy as np
import pydicom
import pytest

from backend.core.actor import Actor
from backend.imaging.models import Grid, Instance, Series
from backend.imaging.selectors import frame_keys, volume_ref
from backend.imaging.selectors.views import grid_view
from backend.projects.models import Unit
from fixtures.phantoms import PHANTOM_NAMES

pytestmark = pytest.mark.django_db


def true_keys(written):
    pks = dict(Instance.objects.values_list("sop_uid", "pk"))
    return [
        f"{pks[uid]}.{number}"
        for uid, number in zip(written.sop_uids, written.frame_numbers, strict=True)
    ]


@pytest.mark.parametrize("name", PHANTOM_NAMES)
def test_frames_are_in_the_order_they_lie_whatever_their_numbers_say(name, make_phantom, take_in):
    written = make_phantom(name)

    take_in(written.paths[0].parent)

    grid = Grid.objects.get()
    assert frame_keys(grid) == true_keys(written)
    positions = np.array([position for _, _, position in grid.frames])
    np.testing.assert_allclose(positions, written.positions_mm_lps, atol=1e-6)


@pytest.mark.parametrize("name", [n for n in PHANTOM_NAMES if n != "gapped"])
def test_the_geometry_of_a_regular_series_is_the_true_one(name, make_phantom, take_in):
    written = make_phantom(name)

    take_in(written.paths[0].parent)

    grid = Grid.objects.get()
    assert grid.is_regular
    assert (grid.frame_count, grid.rows, grid.columns) == written.grid.shape_kji
    np.testing.assert_allclose(grid.spacing_mm_ijk, written.grid.spacing_mm_ijk, atol=1e-6)
    np.testing.assert_allclose(grid.origin_mm_lps, written.grid.origin_mm_lps, atol=1e-6)
    direction = np.array(grid.direction).reshape(3, 3)
    np.testing.assert_allclose(direction, written.grid.direction, atol=1e-6)


def test_a_gap_is_told_and_its_frames_are_kept(make_phantom, take_in):
    take_in(make_phantom("gapped").paths[0].parent)

    grid = Grid.objects.get()
    assert (grid.is_regular, grid.frame_count, grid.spacing_mm_ijk) == (False, 10, None)
    assert "gap of 12.00 mm after slice 4" in grid.reason
    assert Series.objects.get().warnings == [grid.reason]


def test_time_points_at_the_same_places_become_grids_of_their_own(make_phantom, take_in, tmp_path):
    written = make_phantom("anisotropic")
    folder = tmp_path / "cine"
    folder.mkdir()
    for time in (1, 2, 3):
        for place, path in enumerate(written.paths):
            dataset = pydicom.dcmread(path)
            dataset.SOPInstanceUID = f"{dataset.SOPInstanceUID[:50]}.{time}"
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
            dataset.TemporalPositionIdentifier = time
            dataset.InstanceNumber = place * 3 + time
            dataset.save_as(folder / f"{place}-{time}.dcm")

    take_in(folder)

    grids = Grid.objects.order_by("number")
    assert [grid.name for grid in grids] == ["t=1", "t=2", "t=3"]
    assert [(grid.frame_count, grid.is_regular) for grid in grids] == [(12, True)] * 3
    assert len({key for grid in grids for key in frame_keys(grid)}) == 36


def test_a_localizer_in_the_series_does_not_break_its_volume(make_phantom, take_in, tmp_path):
    written = make_phantom("axial")
    scout = pydicom.dcmread(written.paths[0])
    scout.SOPInstanceUID = scout.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.5"
    scout.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    scout.save_as(written.paths[0].parent / "scout.dcm")

    take_in(written.paths[0].parent)

    assert sorted(Grid.objects.values_list("frame_count", "is_regular")) == [(1, True), (12, True)]


def test_a_late_file_supersedes_a_grid_in_use_and_leaves_it_as_it_was(
    make_phantom, take_in, project
):
    written = make_phantom("axial")
    take_in(*written.paths[:-1])
    first = Grid.objects.get()
    Unit.objects.create(project=project, grid=first, number=99)

    take_in(written.paths[-1])

    first.refresh_from_db()
    assert first.superseded_at is not None
    assert first.frame_count == 11
    assert Grid.objects.get(superseded_at=None, series=first.series).frame_count == 12


def test_a_grid_nobody_uses_is_replaced(make_phantom, take_in):
    written = make_phantom("axial")
    take_in(*written.paths[:5])

    take_in(*written.paths[5:])

    assert Grid.objects.get().frame_count == 12


def test_the_view_describes_frames_as_served(make_phantom, take_in):
    written = make_phantom("oblique")
    take_in(written.paths[0].parent)
    grid = Grid.objects.get()

    view = grid_view(actor=Actor.system(), grid_id=grid.pk)

    assert [frame.key for frame in view.frames] == true_keys(written)
    (image,) = view.images
    assert (image.bits_allocated, image.bits_stored, image.pixel_representation) == (16, 12, 0)
    assert (image.rescale_slope, image.rescale_intercept) == (2.0, -1024.0)
    assert image.pixel_spacing_mm == (0.9, 1.1)
    assert view.presets[0].center == 60.0
    assert "Lung" in [preset.name for preset in view.presets]


def test_a_worker_is_told_where_the_bytes_are(make_phantom, take_in, own_store):
    written = make_phantom("multiframe")
    take_in(written.paths[0])

    volume = volume_ref(Grid.objects.get().pk)

    assert [frame.frame for frame in volume.frames] == list(written.frame_numbers)
    sha256 = volume.frames[0].blob.sha256
    stored = own_store / sha256[:2] / sha256[2:4] / sha256
    assert stored.stat().st_size == volume.frames[0].blob.size
