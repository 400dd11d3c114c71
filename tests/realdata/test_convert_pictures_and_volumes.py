"""Every volume and picture of the real data converts with equal values in the same place."""

import csv

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from PIL import Image

from backend.imaging.domain.convert.facts import facts_from_name
from backend.imaging.domain.convert.kinds import IMAGES, kind_of
from backend.imaging.domain.convert.model import Kept
from tests.backend.imaging.converted import RAS_TO_LPS, centres_of, lattice_of, make

pytestmark = [pytest.mark.realdata, pytest.mark.timeout(1800)]
FAR_MM = 1e-4


@pytest.fixture(scope="module")
def outcomes(real_data, tmp_path_factory):
    """Convert everything once; what does not convert says why."""
    found = {}
    for path in images_in(real_data):
        name = path.relative_to(real_data).as_posix()
        place = tmp_path_factory.mktemp("one") / path.name
        place.symlink_to(path)
        try:
            made = make(place, name=name, facts=facts_from_name(name))
            found[name] = check(path, made)
        except Kept as refusal:
            found[name] = refusal.code
    return found


def images_in(real_data):
    for folder in ("volumes", "sets2d", "dicom/sts002_crop_ct_mr_pet_rtstruct", "dicom"):
        for path in sorted((real_data / folder).rglob("*")):
            is_candidate = folder != "dicom" or path.suffix in {".nrrd", ".gz"}
            if path.is_file() and is_candidate and kind_of(path.name, path) in IMAGES:
                yield path


def check(path, made):
    """Compare with what nibabel, SimpleITK or Pillow reads; "equal" or what differs."""
    if path.name.endswith((".nii.gz", ".nii")):
        image = nib.load(path)
        return same(made, image.get_fdata().T, RAS_TO_LPS @ image.affine)
    if path.suffix == ".nrrd":
        image = SimpleITK.ReadImage(str(path))
        affine = np.eye(4)
        affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * np.array(image.GetSpacing())
        affine[:3, 3] = image.GetOrigin()
        return same(made, SimpleITK.GetArrayFromImage(image), affine)
    (dataset,) = made.datasets
    truth = np.asarray(Image.open(path))
    pixels = dataset.pixel_array
    if truth.ndim == 3 and pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return "equal" if np.array_equal(pixels, truth[..., :3] if truth.ndim == 3 else truth) else "!"


def same(made, values_kji, affine_lps):
    values, centres = lattice_of(made.datasets)
    if not np.array_equal(values, values_kji):
        return "values differ"
    wanted = centres_of(affine_lps, values_kji.shape[::-1])
    return "equal" if np.abs(centres - wanted).max() < FAR_MM else "place differs"


def test_whatever_is_a_picture_is_converted_and_equal(outcomes):
    converted = {name: word for name, word in outcomes.items() if word != "imaging.labels_kept"}

    assert len(converted) > 690
    assert {name: word for name, word in converted.items() if word != "equal"} == {}


def test_whatever_is_labels_is_kept_as_it_is(outcomes):
    kept = {name for name, word in outcomes.items() if word == "imaging.labels_kept"}

    assert len(kept) > 420
    folders = ("labels", "masks", "mask")
    truth = {name for name in outcomes if any(f"/{folder}/" in name for folder in folders)}
    assert truth <= kept
    assert not any("/images/" in name for name in kept)


def test_no_image_of_the_list_is_left_out(outcomes, real_data):
    with (real_data / "manifest.csv").open() as file:
        listed = [row["path"] for row in csv.DictReader(file) if row["kind"] in {"image", "volume"}]

    assert [path for path in listed if path not in outcomes] == []
