"""DICOM → Limn → NIfTI and NIfTI → Limn → DICOM → NIfTI come out as the references of the pack."""

import json

import nibabel as nib
import numpy as np
import pydicom
import pytest
import SimpleITK
from django.core.management import call_command

from backend.core import blobs
from backend.core.actor import Actor
from backend.imaging.models import IngestItem
from backend.imaging.services import ingest_paths

pytestmark = [pytest.mark.realdata, pytest.mark.django_db, pytest.mark.timeout(300)]
STS = "dicom/sts002_crop_ct_mr_pet_rtstruct"
FAR_MM = 1e-4


@pytest.fixture
def through_limn(settings, tmp_path, real_data):
    """Take paths in and write one series as NIfTI; returns what was written, label or image first."""
    settings.LIMN_BLOBS = str(tmp_path / "blobs")
    settings.LIMN_CACHE = tmp_path / "cache"
    settings.LIMN_UPLOADS = tmp_path / "uploads"
    blobs.blob_store.cache_clear()

    def take(*paths, uid=None, **options):
        run = ingest_paths(actor=Actor.system(), paths=[real_data / path for path in paths])
        if uid is None:
            uid = IngestItem.objects.filter(run=run, outcome="converted").get().instance.series.uid
        out = tmp_path / "out"
        call_command("nifti", uid, out=out, **options)
        rows = json.loads((out / "series.json").read_text())["files"]
        return [row | {"path": out / row["file"]} for row in rows if "file" in row]

    yield take
    blobs.blob_store.cache_clear()


def series_uid(path):
    return pydicom.dcmread(min(path.iterdir()), stop_before_pixels=True).SeriesInstanceUID


def canonical(path):
    image = nib.as_closest_canonical(nib.load(path))
    return np.asanyarray(image.dataobj), image.affine


def assert_same(path, reference, *, atol=0.0):
    found, affine = canonical(path)
    truth, wanted = canonical(reference)
    assert np.abs(affine - wanted).max() < FAR_MM
    np.testing.assert_allclose(found, truth, rtol=0, atol=atol)


def dice(one, other):
    one, other = one > 0, other > 0
    return 2 * (one & other).sum() / (one.sum() + other.sum())


# The PET's rescaled values are rounded to 32 bits by both writers; the others are whole numbers.
@pytest.mark.parametrize(("name", "atol"), [("CT", 0.0), ("MR_T1", 0.0), ("PET", 2e-6)])
def test_a_dicom_series_and_its_structures_come_out_as_the_reference(
    name, atol, through_limn, real_data
):
    folder = real_data / STS / name
    paths = (f"{STS}/{name}/series", f"{STS}/{name}/RS.dcm")

    image, label = through_limn(*paths, uid=series_uid(folder / "series"))

    assert_same(image["path"], folder / "nifti_image" / "image.nii.gz", atol=atol)
    mask, _ = canonical(label["path"])
    truth, _ = canonical(folder / "nifti_mask" / "mask.nii.gz")
    assert dice(mask, truth) >= 0.96
    assert "remark" not in label


def test_uptake_that_is_stored_as_such_is_said_to_be(through_limn, real_data):
    folder = real_data / STS / "PET"

    (image,) = through_limn(f"{STS}/PET/series", uid=series_uid(folder / "series"), suv=True)

    assert image["values"] == "SUV by body weight"
    assert_same(image["path"], folder / "nifti_image" / "image.nii.gz", atol=2e-6)


def test_uptake_of_a_whole_body_scan_is_as_computed_by_hand(through_limn, real_data):
    """GE, BQML, decay corrected to the start of the scan (PS3.3 C.8.9.1)."""
    folder = real_data / "dicom/pet_ge_sts001_rtstruct/series"
    files = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    first = files[0]
    drug = first.RadiopharmaceuticalInformationSequence[0]

    def seconds(clock):
        return int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + float(clock[4:])

    waited = seconds(first.SeriesTime) - seconds(drug.RadiopharmaceuticalStartTime)
    left = float(drug.RadionuclideTotalDose) * 2 ** (-waited / float(drug.RadionuclideHalfLife))
    factor = float(first.PatientWeight) * 1000 / left
    assert (first.Units, first.DecayCorrection) == ("BQML", "START")

    (image, *labels) = through_limn(
        "dicom/pet_ge_sts001_rtstruct", uid=first.SeriesInstanceUID, suv=True
    )

    files.sort(key=lambda each: float(each.ImagePositionPatient[2]))
    truth = np.stack([each.pixel_array * float(each.RescaleSlope) for each in files]) * factor
    found = np.asanyarray(nib.load(image["path"]).dataobj).T
    np.testing.assert_allclose(found, truth, rtol=1e-6)
    assert {label["label"] for label in labels} == {"GTV_Mass", "GTV_Edema"}


@pytest.mark.parametrize(
    "path",
    [
        "volumes/ct_totalsegmentator_3mm/example_ct.nii.gz",
        f"{STS}/CT/nifti_image/image.nii.gz",
        f"{STS}/MR_T1/nifti_image/image.nii.gz",
        f"{STS}/PET/nifti_image/image.nii.gz",
    ],
)
def test_a_nifti_volume_comes_out_as_it_went_in(path, through_limn, real_data):
    (image,) = through_limn(path)

    assert_same(image["path"], real_data / path)


def test_volumes_of_a_cohort_come_out_as_they_went_in(through_limn, real_data):
    folder = real_data / "volumes/hippocampus_mr_msd04"
    images = [path for path in sorted(folder.rglob("*.nii.gz")) if "images" in path.parent.name]

    for path in images[:3]:
        (image,) = through_limn(path.relative_to(real_data))
        assert_same(image["path"], path)


def test_segmentations_are_voxel_for_voxel_those_of_another_reader(through_limn, real_data):
    folder = "dicom/ct_ge_3slice_seg"
    uid = series_uid(real_data / folder / "series")

    written = through_limn(f"{folder}/series", f"{folder}/liver.dcm", uid=uid)

    (label,) = [row for row in written if "label" in row]
    truth = SimpleITK.ReadImage(str(real_data / folder / "nrrd" / "liver_seg.nrrd"))
    found = np.asanyarray(nib.load(label["path"]).dataobj).T
    np.testing.assert_array_equal(found > 0, SimpleITK.GetArrayFromImage(truth) > 0)


def test_a_fractional_segmentation_lies_on_its_images(through_limn, real_data):
    folder = "dicom/mr_ge_signa_breast08_seg_fractional"

    written = through_limn(folder, uid=series_uid(real_data / folder / "series"))

    images = [row for row in written if "grid" in row]
    labels = [row for row in written if "label" in row]
    assert len(images) == len(labels) == 2  # two time points at the same places
    assert labels[0]["voxels"] == labels[1]["voxels"] > 0


def test_a_leaning_stack_is_written_with_its_leaning_affine_and_said_to_lean(
    through_limn, real_data
):
    folder = real_data / "dicom/odd/series_ct_gantry_tilt"
    files = [pydicom.dcmread(path) for path in folder.iterdir()]
    files.sort(key=lambda each: float(each.ImagePositionPatient[2]))

    (image,) = through_limn(folder.relative_to(real_data), uid=files[0].SeriesInstanceUID)

    assert image["regular"] is False
    assert image["why"].startswith("The stack leans by 14.0 degrees (gantry tilt)")
    found = nib.load(image["path"])
    for k, each in enumerate(files):
        corner = found.affine @ [0, 0, k, 1]
        wanted = np.array([-1, -1, 1]) * [float(v) for v in each.ImagePositionPatient]
        assert np.abs(corner[:3] - wanted).max() < 0.02  # positions are written with two decimals
