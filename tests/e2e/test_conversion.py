"""Files that are not DICOM, through the browser: each has its fate, and the volume opens."""

import nibabel as nib
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.axe import violations

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def a_ball(columns=48, rows=40, slices=20):
    """Return a volume [i, j, k] with a bright ball off its middle."""
    i, j, k = np.ogrid[:columns, :rows, :slices]
    inside = (i - 20) ** 2 + (j - 22) ** 2 + (2 * (k - 9)) ** 2 < 200
    noise = np.random.default_rng(5).integers(0, 60, (columns, rows, slices))
    return (noise + 700 * inside).astype(np.int16)


def deliver(folder):
    affine = np.diag([-1.0, -1.0, 2.0, 1.0])
    nib.save(nib.Nifti1Image(a_ball(), affine), folder / "brain.nii.gz")
    mask = (a_ball() > 300).astype(np.uint8)
    nib.save(nib.Nifti1Image(mask, affine), folder / "brain_mask.nii.gz")
    raw = a_ball().T.tobytes()
    (folder / "leg.raw").write_bytes(raw)
    (folder / "leg.mhd").write_text(
        "ObjectType = Image\nNDims = 3\nDimSize = 48 40 20\nElementType = MET_SHORT\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 3\n"
        "ElementDataFile = leg.raw\n"
    )
    chance = np.random.default_rng(6)
    skin = chance.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(skin).save(folder / "skin.png")
    (folder / "who.csv").write_text(
        "file,patient_id,modality\nbrain.nii.gz,CV-1,MR\nleg.mhd,CV-2,CT\nskin.png,CV-3,XC\n"
    )
    return sorted(folder.iterdir())


def test_a_delivery_of_many_kinds_is_converted_and_told(person, tmp_path):
    manager = person("manager")
    page = manager.page
    files = deliver(tmp_path)

    page.goto("/uploads")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(files)

    progress = page.get_by_role("region", name="Progress of the upload")
    expect(progress.get_by_text("3 converted")).to_be_visible(timeout=90_000)
    expect(progress.get_by_text("3 kept")).to_be_visible()
    listed = page.get_by_role("region", name="Files")
    expect(listed.get_by_text("These are labels, not a picture")).to_be_visible()
    expect(listed.get_by_text("Converted from NIfTI into 20 instances.")).to_be_visible()
    assert violations(page) == []

    client = manager.limn.client(manager.email)
    studies = client.get("/api/v1/studies", params={"search": "CV-1"}).json()["results"]
    assert [study["patient"]["patient_id"] for study in studies] == ["CV-1"]
    (series,) = client.get(f"/api/v1/studies/{studies[0]['id']}").json()["series"]
    (grid,) = series["grids"]
    assert (series["modality"], grid["is_regular"], grid["shape_kji"]) == ("MR", True, [20, 40, 48])
    assert manager.faults == []
