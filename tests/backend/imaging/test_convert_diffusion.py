"""b-values and directions beside a NIfTI reach the instances, and name their grids."""

import nibabel as nib
import numpy as np
import pytest

from backend.imaging.domain.convert.facts import Facts, facts_from
from backend.imaging.domain.convert.side_files import Knowledge, read_side_file
from tests.backend.imaging.converted import AFFINES, make, speckle
from tests.backend.imaging.test_convert_grids import grids_of

SHAPE = (7, 5, 4, 3)


def knowledge_of(tmp_path, **texts):
    sides = []
    for ending, text in texts.items():
        path = tmp_path / ending
        path.write_text(text)
        sides.append(read_side_file(f"sub/dwi.{ending}", path))
    return Knowledge(sides)


def scan_at(tmp_path, affine, dtype=np.int16):
    path = tmp_path / "dwi.nii"
    nib.save(nib.Nifti1Image(speckle(SHAPE, dtype), affine), path)
    return path


def test_side_files_of_fsl_are_read(tmp_path):
    knowledge = knowledge_of(
        tmp_path,
        bval="0 1000\n1000.0 ",
        bvec="0 1 0\n0 0 0.6\n0 0 -0.8\n",
        json='{"Modality": "MR"}',
    )

    facts = knowledge.of("sub/dwi.nii.gz")

    assert facts.b_values == (0, 1000, 1000)
    assert facts.gradients == ((0, 0, 0), (1, 0, 0), (0, 0.6, -0.8))
    assert facts.modality == "MR"
    assert set(knowledge.uses.values()) == {1}
    assert knowledge.of("sub/other.nii.gz").b_values == ()


@pytest.mark.parametrize("text", ["0 -5 7", "a b c", "0 nan 1", ""])
def test_numbers_that_are_no_b_values_are_left_out(text):
    assert facts_from({"bval": text.split()}).b_values == ()


def test_files_without_b_values_keep_the_identity_they_had():
    said = Facts(patient_id="P1", modality="MR")

    assert said.digest().startswith("a40313a800a46643f44c6154c9285215")
    assert Facts(b_values=(0.0,)).digest() != Facts().digest()


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_grids_are_named_by_their_b_values(dtype, tmp_path):
    facts = Facts(modality="MR", b_values=(0, 500, 1000))

    plans = grids_of(make(scan_at(tmp_path, AFFINES["oblique"], dtype), facts=facts))

    assert [plan.name for plan in plans] == ["b=0", "b=500", "b=1000"]
    assert all(plan.is_regular for plan in plans)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_volumes_of_equal_weighting_stay_apart(dtype, tmp_path):
    facts = Facts(modality="MR", b_values=(0, 0, 1000))

    plans = grids_of(make(scan_at(tmp_path, AFFINES["oblique"], dtype), facts=facts))

    assert [len(plan.frames) for plan in plans] == [4, 4, 4]
    assert len({plan.name for plan in plans}) == 3
    assert [plan.name.startswith("b=0") for plan in plans] == [True, True, False]


@pytest.mark.parametrize("name", AFFINES)
def test_directions_lie_in_the_patient_as_the_voxels_do(name, tmp_path):
    """The world direction by FSL's rule, computed here in RAS and only then turned to LPS."""
    affine = np.array(AFFINES[name])
    along = np.array([0.48, 0.6, -0.64])
    facts = Facts(
        modality="MR",
        b_values=(0, 1000, 1000),
        gradients=((0, 0, 0), tuple(along), (0.0, 0.0, 1.0)),
    )

    made = make(scan_at(tmp_path, affine), facts=facts)

    flipped = along * ([-1, 1, 1] if np.linalg.det(affine[:3, :3]) > 0 else [1, 1, 1])
    world = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0) @ flipped
    wanted = world / np.linalg.norm(world) * [-1, -1, 1]
    first, second, third = made.datasets[:: SHAPE[2]]
    assert [each.DiffusionBValue for each in (first, second, third)] == [0, 1000, 1000]
    assert "DiffusionGradientOrientation" not in first
    assert np.abs(np.array(second.DiffusionGradientOrientation) - wanted).max() < 1e-7


def test_numbers_that_do_not_fit_are_left_out_and_told(tmp_path):
    made = make(scan_at(tmp_path, np.eye(4)), facts=Facts(modality="MR", b_values=(0, 1000)))

    assert "2 b-values" in made.remarks
    assert all("DiffusionBValue" not in each for each in made.datasets)
