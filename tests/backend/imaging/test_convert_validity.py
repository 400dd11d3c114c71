"""What is made is DICOM by the standard's tables, and is read by other programs."""

import shutil
import subprocess

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
import tifffile
from PIL import Image

from backend.imaging.domain.convert.facts import Facts
from tests.backend.imaging.converted import AFFINES, make, speckle
from tests.backend.imaging.dicom_rules import faults_of

FULL = Facts(
    patient_id="P-7",
    patient_name="Doe^Jane",
    birth_date="19700102",
    sex="F",
    age="053Y",
    laterality="L",
    body_part="KNEE",
    study_id="1",
    study_date="20240506",
    study_description="Knee",
    series_description="An uncommonly long description",
    accession="A1",
    acquisition=(("FlipAngle", 15.0), ("Manufacturer", "Maker")),
)


def volume(dtype):
    def write(folder):
        path = folder / "scan.nii"
        nib.save(nib.Nifti1Image(speckle((6, 5, 4, 2), dtype), AFFINES["oblique"]), path)
        return path

    return write


def picture(shape):
    def write(folder):
        path = folder / "skin.png"
        Image.fromarray(speckle(shape, np.uint8)).save(path)
        return path

    return write


def pages(dtype, *shape):
    def write(folder):
        path = folder / "pages.tif"
        photometric = "rgb" if shape[-1] == 3 else "minisblack"
        tifffile.imwrite(path, speckle(shape, dtype), photometric=photometric)
        return path

    return write


WRITERS = {
    "whole numbers": volume(np.int16),
    "fractions": volume(np.float32),
    "doubles": volume(np.float64),
    "grey picture": picture((20, 30)),
    "colour picture": picture((20, 30, 3)),
    "grey pages": pages(np.uint8, 3, 20, 30),
    "deep pages": pages(np.uint16, 3, 20, 30),
    "colour pages": pages(np.uint8, 3, 20, 30, 3),
}


@pytest.mark.parametrize("facts", [Facts(), FULL], ids=["nothing known", "all known"])
@pytest.mark.parametrize("modality", ["", "CT", "MR", "US"])
@pytest.mark.parametrize("name", WRITERS)
def test_every_instance_has_what_its_kind_must_have(name, modality, facts, tmp_path):
    path = WRITERS[name](tmp_path)

    for dataset in make(path, facts=Facts(modality=modality).over(facts)).datasets:
        assert faults_of(dataset) == []
        assert dataset.Modality == (modality or "OT")
        assert dataset.PatientID == facts.patient_id


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="no dicom3tools on this machine")
@pytest.mark.parametrize("modality", ["", "CT", "MR"])
@pytest.mark.parametrize("name", WRITERS)
def test_a_validator_from_outside_finds_no_error(name, modality, tmp_path):
    for path in make(WRITERS[name](tmp_path), facts=Facts(modality=modality)).paths:
        done = subprocess.run(
            ["dciodvfy", "-new", path], capture_output=True, text=True, check=False
        )
        told = (done.stdout + done.stderr).splitlines()
        assert [line for line in told if line.startswith("Error")] == []


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in {"fractions", "doubles"}])
def test_another_program_reads_the_same_pixels(name, tmp_path):
    made = make(WRITERS[name](tmp_path))

    for path, dataset in zip(made.paths, made.datasets, strict=True):
        seen = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
        np.testing.assert_array_equal(np.squeeze(seen), dataset.pixel_array)
