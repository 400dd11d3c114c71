"""Volumes become DICOM with every voxel where it was and every value what it was."""

import gzip

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from backend.imaging.domain.convert.facts import Facts
from backend.imaging.domain.convert.model import Kept
from backend.imaging.domain.convert.placing import LEANS
from backend.imaging.domain.rejections import Rejected
from tests.backend.imaging.converted import (
    AFFINES,
    RAS_TO_LPS,
    centres_of,
    lattice_of,
    make,
    speckle,
)

SHAPE_IJK = (7, 5, 4)
FAR_MM = 1e-4


def write(path, data, affine, **header):
    image = nib.Nifti1Image(data, affine, dtype=data.dtype)
    for key, value in header.items():
        image.header[key] = value
    nib.save(image, path)
    return path


@pytest.mark.parametrize("modality", ["CT", "MR", "OT"])
@pytest.mark.parametrize("name", AFFINES)
def test_every_voxel_of_a_nifti_stays_where_it_was(name, modality, tmp_path):
    data = speckle(SHAPE_IJK, np.int16)
    path = write(tmp_path / "scan.nii.gz", data, AFFINES[name])

    made = make(path, facts=Facts(modality=modality))

    values, centres = lattice_of(made.datasets)
    truth = nib.load(path)
    np.testing.assert_array_equal(values, truth.get_fdata().T)
    wanted = centres_of(RAS_TO_LPS @ truth.affine, SHAPE_IJK)
    assert np.abs(centres - wanted).max() < FAR_MM
    assert made.remarks == ""


@pytest.mark.parametrize("name", AFFINES)
@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd", ".mha", ".mhd", ".nhdr"])
def test_simpleitk_sees_the_same_volume_before_and_after(ending, name, tmp_path):
    image = SimpleITK.GetImageFromArray(speckle(SHAPE_IJK[::-1], np.int16))
    lps = RAS_TO_LPS @ np.array(AFFINES[name])
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    path = tmp_path / f"scan{ending}"
    SimpleITK.WriteImage(image, str(path), useCompression=ending in {".mha", ".nrrd"})

    made = make(path, facts=Facts(modality="MR"))

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames([str(each) for each in made.paths])
    values, centres = lattice_of(made.datasets)
    np.testing.assert_array_equal(values, SimpleITK.GetArrayFromImage(image))
    for index in [(0, 0, 0), (6, 4, 3), (6, 0, 2), (0, 4, 1)]:
        point = image.TransformIndexToPhysicalPoint(index)
        assert np.abs(centres[index[::-1]] - point).max() < FAR_MM
    if np.linalg.det(lps[:3, :3]) > 0:  # ITK turns a left-handed stack around when it reads DICOM
        again = reader.Execute()
        np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(again), values)
        for index in [(0, 0, 0), (6, 4, 3)]:
            there = again.TransformIndexToPhysicalPoint(index)
            assert np.abs(np.subtract(there, image.TransformIndexToPhysicalPoint(index))).max() < (
                FAR_MM
            )


@pytest.mark.parametrize(
    ("dtype", "sop_class"),
    [
        ("int8", "CT Image Storage"),
        ("uint8", "CT Image Storage"),
        ("int16", "CT Image Storage"),
        ("uint16", "CT Image Storage"),
        ("int32", "Parametric Map Storage"),
        ("uint32", "Parametric Map Storage"),
        ("float32", "Parametric Map Storage"),
        ("float64", "Parametric Map Storage"),
    ],
)
def test_no_value_of_any_type_changes(dtype, sop_class, tmp_path):
    data = speckle(SHAPE_IJK, dtype)
    path = write(tmp_path / "scan.nii", data, AFFINES["oblique"])

    made = make(path, facts=Facts(modality="CT"))

    assert {each.SOPClassUID.name for each in made.datasets} == {sop_class}
    np.testing.assert_array_equal(lattice_of(made.datasets)[0], data.T)


def test_whole_numbers_far_from_zero_are_kept_in_sixteen_bits(tmp_path):
    data = speckle(SHAPE_IJK, np.uint16).astype(np.int32) + 1_000_000
    path = write(tmp_path / "scan.nii", data, np.eye(4))

    made = make(path)

    assert made.datasets[0].BitsAllocated == 16
    np.testing.assert_array_equal(lattice_of(made.datasets)[0], data.T)


def test_whole_numbers_saved_as_fractions_are_kept_as_whole_numbers(tmp_path):
    data = speckle(SHAPE_IJK, np.int16).astype(np.float32)
    path = write(tmp_path / "scan.nii", data, np.eye(4))

    made = make(path, facts=Facts(modality="CT"))

    assert made.datasets[0].SOPClassUID.name == "CT Image Storage"
    np.testing.assert_array_equal(lattice_of(made.datasets)[0], data.T)


@pytest.mark.parametrize(("slope", "intercept"), [(0.5, -1024), (0.0012207, 3.25), (1 / 3, 1e-7)])
def test_scaling_is_written_where_it_is_exact_enough_and_done_where_it_is_not(
    slope, intercept, tmp_path
):
    raw = speckle(SHAPE_IJK, np.int16)
    image = nib.Nifti1Image(raw, np.eye(4))
    image.header.set_slope_inter(slope, intercept)
    path = tmp_path / "scan.nii"
    nib.save(image, path)
    truth = nib.load(path).get_fdata().T

    made = make(path)

    values = lattice_of(made.datasets)[0]
    assert np.abs(values - truth).max() <= 1e-9 * np.ptp(truth)


def test_time_points_are_kept_apart_and_in_order(tmp_path):
    data = speckle((*SHAPE_IJK, 3), np.int16)
    image = nib.Nifti1Image(data, AFFINES["oblique"])
    image.header.set_zooms((0.61, 0.83, 2.9, 2.5))
    image.header.set_xyzt_units("mm", "sec")
    path = tmp_path / "bold.nii.gz"
    nib.save(image, path)

    made = make(path)

    for t in range(3):
        own = [each for each in made.datasets if each.TemporalPositionIdentifier == t + 1]
        np.testing.assert_array_equal(lattice_of(own)[0], data[..., t].T)
        assert own[0].TemporalResolution == 2500
    assert [each.InstanceNumber for each in made.datasets] == list(range(1, 13))


@pytest.mark.parametrize("ending", [".nrrd", ".mha"])
def test_four_axes_of_space_and_time_are_three_of_space_at_several_times(ending, tmp_path):
    data = speckle((3, *SHAPE_IJK[::-1]), np.int16)
    lps = RAS_TO_LPS @ np.array(AFFINES["oblique"])
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    direction, origin = np.eye(4), [*lps[:3, 3], 0.0]
    direction[:3, :3] = lps[:3, :3] / spacing
    image = SimpleITK.GetImageFromArray(data, isVector=False)
    image.SetSpacing([*spacing, 2.5])
    image.SetDirection(direction.ravel().tolist())
    image.SetOrigin(origin)
    path = tmp_path / f"beating{ending}"
    SimpleITK.WriteImage(image, str(path))

    made = make(path)

    for t in range(3):
        own = [each for each in made.datasets if each.TemporalPositionIdentifier == t + 1]
        values, centres = lattice_of(own)
        np.testing.assert_array_equal(values, data[t])
        assert np.abs(centres - centres_of(lps, SHAPE_IJK)).max() < FAR_MM


def test_a_nrrd_whose_axis_runs_through_space_and_time_is_refused(tmp_path):
    head = (
        "NRRD0005\ntype: uint8\ndimension: 4\nspace dimension: 4\nsizes: 2 2 2 2\nencoding: raw\n"
        "space directions: (1,0,0,0) (0,1,0,0) (0,0,1,0) (0,0,1,1)\n\n"
    )
    path = tmp_path / "leaning.nrrd"
    path.write_bytes(head.encode() + bytes(16))

    with pytest.raises(Rejected) as refused:
        make(path)

    assert refused.value.code == "imaging.source_header"


def test_colour_volumes_keep_their_colours(tmp_path):
    colours = speckle((*SHAPE_IJK, 3), np.uint8)
    rgb = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    path = tmp_path / "stained.nii"
    nib.save(nib.Nifti1Image(colours.copy().view(rgb)[..., 0], AFFINES["sagittal"]), path)

    made = make(path)

    values, centres = lattice_of(made.datasets)
    np.testing.assert_array_equal(values, colours.transpose(2, 1, 0, 3))
    wanted = centres_of(RAS_TO_LPS @ AFFINES["sagittal"], SHAPE_IJK)
    assert np.abs(centres - wanted).max() < FAR_MM


def test_a_single_slice_keeps_its_place(tmp_path):
    data = speckle((7, 5), np.int16)
    path = write(tmp_path / "slice.nii", data, AFFINES["oblique"])

    made = make(path)

    values, centres = lattice_of(made.datasets)
    np.testing.assert_array_equal(values[0], data.T)
    wanted = centres_of(RAS_TO_LPS @ AFFINES["oblique"], (7, 5, 1))
    assert np.abs(centres - wanted).max() < FAR_MM


@pytest.mark.parametrize(
    ("codes", "chosen"),
    [((1, 1), "sform"), ((4, 1), "qform"), ((1, 4), "sform"), ((2, 2), "sform")],
)
def test_of_two_places_that_disagree_the_scanners_is_taken_and_it_is_told(codes, chosen, tmp_path):
    image = nib.Nifti1Image(speckle(SHAPE_IJK, np.int16), None)
    moved = np.array(AFFINES["oblique"])
    moved[:3, 3] += 5
    image.set_sform(moved, code=codes[0])
    image.set_qform(AFFINES["oblique"], code=codes[1])
    path = tmp_path / "scan.nii"
    nib.save(image, path)

    made = make(path)

    truth = moved if chosen == "sform" else np.array(AFFINES["oblique"])
    centres = lattice_of(made.datasets)[1]
    assert np.abs(centres[0, 0, 0] - (RAS_TO_LPS @ truth)[:3, 3]).max() < FAR_MM
    assert f"differently by up to 8.66 mm; its {chosen} was taken" in made.remarks


def test_a_file_without_a_place_is_converted_and_says_that_it_was_guessed(tmp_path):
    image = nib.Nifti1Image(speckle(SHAPE_IJK, np.int16), None)
    image.header.set_zooms((0.5, 0.6, 3.0))
    image.set_sform(None, code=0)
    image.set_qform(None, code=0)
    path = tmp_path / "scan.nii"
    nib.save(image, path)

    made = make(path)

    assert "left and right may be exchanged" in made.remarks
    wanted = centres_of(RAS_TO_LPS @ nib.load(path).affine, SHAPE_IJK)
    assert np.abs(lattice_of(made.datasets)[1] - wanted).max() < FAR_MM


def test_lengths_in_micrometres_become_millimetres(tmp_path):
    path = write(
        tmp_path / "scan.nii", speckle(SHAPE_IJK, np.int16), AFFINES["axial"], xyzt_units=3
    )

    made = make(path)

    assert np.allclose([float(mm) for mm in made.datasets[0].PixelSpacing], [0.0009, 0.0007])
    assert "units of 0.001 mm" in made.remarks


def test_a_stack_that_leans_keeps_its_slices_where_they_are_and_it_is_told(tmp_path):
    affine = np.array(AFFINES["axial"])
    affine[1, 2] = 0.9
    path = write(tmp_path / "tilted.nii", speckle(SHAPE_IJK, np.int16), affine)

    made = make(path)

    wanted = centres_of(RAS_TO_LPS @ affine, SHAPE_IJK)
    assert np.abs(lattice_of(made.datasets)[1] - wanted).max() < FAR_MM
    assert LEANS in made.remarks


def test_rows_that_stand_askew_on_columns_are_refused_in_a_sentence(tmp_path):
    affine = np.array(AFFINES["axial"])
    affine[0, 1] = 0.2
    path = write(tmp_path / "sheared.nii", speckle(SHAPE_IJK, np.int16), affine)

    with pytest.raises(Rejected, match=r"right angles \(\d+\.\d\d degrees\)"):
        make(path)


def test_voxels_without_a_number_are_kept_and_counted(tmp_path):
    data = speckle(SHAPE_IJK, np.float32)
    data[2, 3, 1], data[0, 0, 0] = np.nan, np.inf
    path = write(tmp_path / "map.nii", data, np.eye(4))

    made = make(path)

    np.testing.assert_array_equal(lattice_of(made.datasets)[0], data.T)
    assert "2 of its voxels hold no number" in made.remarks


def test_an_analyze_pair_keeps_values_and_spacing_and_says_that_its_place_is_guessed(tmp_path):
    data = speckle(SHAPE_IJK, np.int16)
    nib.save(nib.AnalyzeImage(data, np.diag([-0.7, 0.9, 2.5, 1])), tmp_path / "old.hdr")

    made = make(tmp_path / "old.hdr")

    values, centres = lattice_of(made.datasets)
    np.testing.assert_array_equal(values, data.T)
    assert "left and right may be exchanged" in made.remarks
    wanted = centres_of(RAS_TO_LPS @ nib.load(tmp_path / "old.hdr").affine, SHAPE_IJK)
    assert np.abs(centres - wanted).max() < FAR_MM


def test_a_nifti_pair_is_one_volume(tmp_path):
    data = speckle(SHAPE_IJK, np.int16)
    nib.save(nib.Nifti1Pair(data, AFFINES["oblique"]), tmp_path / "scan.img")

    made = make(tmp_path / "scan.hdr")

    np.testing.assert_array_equal(lattice_of(made.datasets)[0], data.T)


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("order", ["<", ">"])
def test_both_generations_and_byte_orders_are_read(kind, order, tmp_path):
    data = speckle(SHAPE_IJK, np.int16)
    image = kind(data, AFFINES["oblique"], header=kind.header_class(endianness=order))
    image.header.set_data_dtype(np.dtype(np.int16).newbyteorder(order))
    nib.save(image, tmp_path / "scan.nii.gz")

    made = make(tmp_path / "scan.nii.gz")

    np.testing.assert_array_equal(lattice_of(made.datasets)[0], data.T)


def test_the_same_file_gives_the_same_bytes_and_other_facts_give_other_instances(tmp_path):
    path = write(tmp_path / "scan.nii", speckle(SHAPE_IJK, np.int16), np.eye(4))
    first = [each.read_bytes() for each in make(path).paths]
    again = [each.read_bytes() for each in make(path).paths]
    other = make(path, facts=Facts(patient_id="7")).datasets

    assert first == again
    uids = {each.SOPInstanceUID for each in make(path).datasets}
    assert len(uids) == 4
    assert uids.isdisjoint(each.SOPInstanceUID for each in other)


def test_files_of_one_patient_and_study_fall_together_and_others_stay_apart(tmp_path):
    first = write(tmp_path / "t1.nii", speckle(SHAPE_IJK, np.int16, 1), np.eye(4))
    second = write(tmp_path / "t2.nii", speckle(SHAPE_IJK, np.int16, 2), np.eye(4))

    def studies(**known):
        facts = [Facts(series_description=path.stem, **known) for path in (first, second)]
        made = [make(path, facts=f) for path, f in zip((first, second), facts, strict=True)]
        return [each.datasets[0] for each in made]

    known, other = studies(patient_id="7", study_id="1")
    assert known.StudyInstanceUID == other.StudyInstanceUID
    assert known.SeriesInstanceUID != other.SeriesInstanceUID
    unknown, stranger = studies()
    assert unknown.StudyInstanceUID != stranger.StudyInstanceUID
    assert (unknown.StudyDescription, stranger.StudyDescription) == ("t1", "t2")


@pytest.mark.parametrize("name", ["seg/case.nii.gz", "case_labels.nii.gz", "case-mask.nii"])
def test_labels_are_told_by_name_and_values_and_not_made_into_pictures(name, tmp_path):
    data = (speckle(SHAPE_IJK, np.uint8) % 3).astype(np.uint8)
    path = write(tmp_path / ("x" + name[name.index(".") :]), data, np.eye(4))

    with pytest.raises(Kept, match="These are labels"):
        make(path, name=name)
    assert make(path, name=name, facts=Facts(kind="image")).paths
    with pytest.raises(Kept):
        make(path, name="scan.nii.gz", facts=Facts(kind="labels"))


def test_a_picture_whose_name_only_sounds_like_labels_is_converted(tmp_path):
    path = write(tmp_path / "seg_input.nii", speckle((40, 40, 9), np.int16), np.eye(4))

    assert len(make(path).paths) == 9


def test_a_header_that_says_labels_is_believed(tmp_path):
    path = write(
        tmp_path / "atlas.nii", speckle(SHAPE_IJK, np.uint8) % 2, np.eye(4), intent_code=1002
    )

    with pytest.raises(Kept, match="its header says so"):
        make(path)


def test_an_unnamed_mask_is_converted_with_a_word(tmp_path):
    data = (speckle((20, 20, 5), np.uint8) % 2).astype(np.uint8)
    path = write(tmp_path / "case.nii", data, np.eye(4))

    assert "only 2 different values" in make(path).remarks


def test_a_packed_file_named_wrongly_is_still_read(tmp_path):
    plain = write(tmp_path / "scan.nii", speckle(SHAPE_IJK, np.int16), np.eye(4))
    packed = tmp_path / "other.nii"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert len(make(packed).paths) == 4
