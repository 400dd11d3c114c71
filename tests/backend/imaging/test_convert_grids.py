"""Limn's own grids see converted volumes as they lie, and a way out and in again changes nothing."""

import nibabel as nib
import numpy as np
import pytest

from backend.exports.domain.nifti import write_nifti
from backend.imaging.domain.convert.facts import Facts
from backend.imaging.domain.grid_plan import PlacedFrame, plan_grids
from backend.imaging.domain.parse import parse_file
from fixtures.phantoms import PHANTOM_NAMES, phantom
from ml_worker.geometry.voxel_grid import VoxelGrid
from tests.backend.imaging.converted import AFFINES, RAS_TO_LPS, lattice_of, make, speckle

SHAPE_IJK = (7, 5, 4)


def grids_of(made):
    """Return the grids that Limn forms of converted instances."""
    frames = []
    for pk, path in enumerate(made.paths):
        parsed = parse_file(path)
        number = int(parsed.header["00200013"]["Value"][0])
        frames += [
            PlacedFrame(pk, place + 1, number, parsed.pixels.rows, parsed.pixels.columns,
                        is_colour=parsed.pixels.samples == 3, entry=entry)
            for place, entry in enumerate(parsed.frames)
        ]  # fmt: skip
    return plan_grids(frames)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("name", AFFINES)
def test_a_volume_is_one_regular_grid_on_its_own_lattice(name, dtype, tmp_path):
    path = tmp_path / "scan.nii"
    nib.save(nib.Nifti1Image(speckle(SHAPE_IJK, dtype), AFFINES[name]), path)

    (plan,) = grids_of(make(path))

    assert plan.is_regular, plan.reason
    assert plan.grid.shape_kji == SHAPE_IJK[::-1]
    lps = RAS_TO_LPS @ nib.load(path).affine
    corners = [[0, 0, 0], [6, 0, 0], [0, 4, 0], [0, 0, 3], [6, 4, 3]]
    if np.linalg.det(lps[:3, :3]) < 0:  # slices are counted along the normal: from the other end
        corners_there = [[i, j, 3 - k] for i, j, k in corners]
    else:
        corners_there = corners
    wanted = np.array(corners) @ lps[:3, :3].T + lps[:3, 3]
    assert np.abs(plan.grid.lps_from_index(corners_there) - wanted).max() < 1e-4


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_time_points_become_grids_with_names(dtype, tmp_path):
    path = tmp_path / "bold.nii"
    nib.save(nib.Nifti1Image(speckle((*SHAPE_IJK, 3), dtype), AFFINES["oblique"]), path)

    plans = grids_of(make(path))

    assert [plan.is_regular for plan in plans] == [True] * 3
    assert [len(plan.frames) for plan in plans] == [4] * 3
    assert len({plan.name for plan in plans}) == 3


@pytest.mark.parametrize("name", [name for name in PHANTOM_NAMES if name != "gapped"])
def test_out_as_nifti_and_in_again_gives_the_same_volume(name, tmp_path):
    written = phantom(name, tmp_path / "dicom")
    grid = written.grid
    lattice = VoxelGrid.build(
        grid.origin_mm_lps, grid.spacing_mm_ijk, grid.direction, grid.shape_kji
    )
    path = tmp_path / "out.nii.gz"
    write_nifti(path, written.values_kji.astype(np.int32), lattice)

    made = make(path, facts=Facts(modality=written.header.modality))

    (plan,) = grids_of(made)
    assert np.abs(plan.grid.affine_lps - lattice.affine_lps).max() < 1e-4
    values, centres = lattice_of(made.datasets)
    np.testing.assert_array_equal(values, written.values_kji)
    assert np.abs(centres[:, 0, 0] - written.positions_mm_lps).max() < 1e-4
