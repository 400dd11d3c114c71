"""Brush, revision, file, and back: not one voxel differs, on every kind of grid."""

import hashlib
import json

import numpy as np
import pytest
from pydicom.datadict import keyword_for_tag

from backend.imaging.models import Instance
from fixtures.phantoms import PHANTOM_NAMES
from tests.backend.exports.reading import names, nifti, seg_labels
from tests.backend.releases.world import Work, finish, put_phantom

pytestmark = pytest.mark.django_db
REGULAR = [name for name in PHANTOM_NAMES if name != "gapped"]


def lesion_of(made):
    """Return a segment on a layer of its own, half over others."""
    lesion = np.zeros(made.labelmap_kji.shape, np.uint16)
    lesion[3:8, 9:25, 14:33] = 9
    lesion[5, 9:12, 14:20] = 0
    return lesion


def label(project, name, user, folder):
    made, grid = put_phantom(name, folder)
    layers = {0: made.labelmap_kji.astype(np.uint16), 9: lesion_of(made)}
    finish(project, Work(grid, layers), user)
    return made, grid, layers


def identities(grid):
    uids = dict(Instance.objects.values_list("pk", "sop_uid"))
    return [uids[frame[0]] for frame in grid.frames], [frame[1] for frame in grid.frames]


@pytest.mark.parametrize("name", PHANTOM_NAMES)
def test_dicom_seg_gives_back_every_voxel(name, phantoms, bob, exporter, tmp_path):
    made, grid, layers = label(phantoms, name, bob, tmp_path)
    archive, proof = exporter.opened("dicom-seg")

    [file] = names(archive, ".dcm")
    masks, dataset = seg_labels(archive, file, *identities(grid), made.labelmap_kji.shape)

    assert sorted(masks) == [1, 2, 3, 4, 5, 9]
    for segment in (1, 2, 3, 4, 5):
        assert (masks[segment] == (layers[0] == segment)).all()
    assert (masks[9] == (layers[9] == 9)).all()
    assert proof["checked"] == proof["equal"] > 0
    assert dataset.SegmentationType == "BINARY"


@pytest.mark.parametrize("name", PHANTOM_NAMES)
def test_planes_of_a_dicom_seg_lie_where_their_images_lie(name, phantoms, bob, exporter, tmp_path):
    made, grid, _ = label(phantoms, name, bob, tmp_path)
    archive, _ = exporter.opened("dicom-seg")
    _, dataset = seg_labels(
        archive, names(archive, ".dcm")[0], *identities(grid), made.labelmap_kji.shape
    )
    uids, numbers = identities(grid)
    place = {pair: k for k, pair in enumerate(zip(uids, numbers, strict=True))}
    for groups in dataset.PerFrameFunctionalGroupsSequence:
        source = groups.DerivationImageSequence[0].SourceImageSequence[0]
        k = place[source.ReferencedSOPInstanceUID, int(source.get("ReferencedFrameNumber", 1))]
        position = groups.PlanePositionSequence[0].ImagePositionPatient
        assert np.allclose(position, made.positions_mm_lps[k], atol=1e-4)


@pytest.mark.parametrize("name", REGULAR)
def test_nifti_gives_back_every_voxel_and_where_it_lies(name, phantoms, bob, exporter, tmp_path):
    made, _, layers = label(phantoms, name, bob, tmp_path)
    archive, proof = exporter.opened("nifti")

    [image] = [n for n in names(archive, ".nii.gz") if "/images/" in n]
    lesion, labels = sorted(n for n in names(archive, ".nii.gz") if "/labels/" in n)[::-1]
    if "segment-9" in labels:
        lesion, labels = labels, lesion
    voxels, affine = nifti(archive, image)
    painted, labels_affine = nifti(archive, labels)
    spot, _ = nifti(archive, lesion)

    assert (voxels.transpose(2, 1, 0) == made.values_kji).all()
    assert (painted.transpose(2, 1, 0) == layers[0]).all()
    assert (spot.transpose(2, 1, 0) == layers[9]).all()
    ras = np.diag([-1, -1, 1, 1]) @ made.affine_lps
    assert np.allclose(affine, ras, atol=1e-3)
    assert np.allclose(labels_affine, ras, atol=1e-3)
    assert proof["left_out"] == []


def test_a_gapped_series_is_left_out_of_nifti_with_a_sentence_and_the_others_go_on(
    phantoms, bob, exporter, tmp_path
):
    label(phantoms, "gapped", bob, tmp_path / "gapped")
    label(phantoms, "axial", bob, tmp_path / "axial")
    archive, proof = exporter.opened("nifti")
    [left_out] = proof["left_out"]
    assert "gap of" in left_out["reason"]
    assert left_out["reason"].endswith("Export this one as DICOM SEG.")
    assert left_out["name"] == "case-0001-ct"
    assert json.loads(archive.read("export.json"))["left_out"] == proof["left_out"]
    assert len([n for n in names(archive, ".nii.gz") if "/images/" in n]) == 1


def test_an_export_of_which_nothing_can_be_written_fails_with_the_reason(
    phantoms, bob, exporter, tmp_path
):
    label(phantoms, "gapped", bob, tmp_path)
    export, job = exporter.run("nifti")
    assert (job.state, job.error_code) == ("failed", "exports.nothing_writable")
    assert "evenly spaced" in job.error_detail
    assert exporter.api.get(f"/api/v1/exports/{export.pk}/download").status_code == 409


def test_the_archive_carries_the_manifest_and_its_own_checksums(phantoms, bob, exporter, tmp_path):
    label(phantoms, "axial", bob, tmp_path)
    archive, _ = exporter.opened("dicom-seg")
    sums = dict(line.split("  ")[::-1] for line in archive.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == set(archive.namelist()) - {"SHA256SUMS"}
    for name, wanted in sums.items():
        assert hashlib.sha256(archive.read(name)).hexdigest() == wanted
    description = json.loads(archive.read("export.json"))
    assert sums["manifest.json"] == description["release"]["sha256"]


def test_the_same_release_gives_the_same_segmentation_again(phantoms, bob, exporter, tmp_path):
    from backend.core.services import job_run  # noqa: PLC0415
    from backend.exports.models import Export  # noqa: PLC0415
    from backend.exports.services.write import export_write  # noqa: PLC0415

    label(phantoms, "oblique", bob, tmp_path)
    first, _ = exporter.run("dicom-seg")
    again = exporter.api.post(
        f"/api/v1/releases/{first.release_id}/exports", {"format": "dicom-seg"}
    ).json()
    job_run(job_id=again["job"]["id"], handler=export_write)
    second = Export.objects.get(pk=again["export"]["id"])
    assert second.pk != first.pk
    assert second.archive_sha256 == first.archive_sha256


def test_no_patient_is_named_in_names_and_lists(phantoms, bob, exporter, tmp_path):
    label(phantoms, "flipped", bob, tmp_path)
    archive, _ = exporter.opened("nifti")
    text = " ".join(archive.namelist()) + archive.read("export.json").decode()
    assert "PHANTOM-FLIPPED" not in text
    assert keyword_for_tag(0x00100010) == "PatientName"
