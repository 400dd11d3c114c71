"""A file that differs is never offered."""

import numpy as np
import pytest

from backend.core.blobs import blob_store
from backend.exports.domain import dicom_seg, nifti
from backend.exports.services import formats
from tests.backend.releases.world import Work, finish, put_phantom

pytestmark = pytest.mark.django_db


@pytest.fixture
def labelled(phantoms, bob, tmp_path):
    made, grid = put_phantom("axial", tmp_path)
    finish(phantoms, Work(grid, {0: made.labelmap_kji.astype(np.uint16)}), bob)
    return made


def refused(exporter, format_name):
    export, job = exporter.run(format_name)
    assert (job.state, job.error_code) == ("failed", "exports.proof_failed")
    assert not export.archive_sha256
    assert exporter.api.get(f"/api/v1/exports/{export.pk}/download").status_code == 409
    return job.error_detail


def test_one_voxel_more_in_a_segmentation_fails_the_export_by_name(labelled, exporter, monkeypatch):
    write = dicom_seg.write_seg

    def write_wrong(path, item, part, segments, context):
        drawn = write(path, item, part, segments, context)
        dataset = dicom_seg.dcmread(path)
        pixels = bytearray(dataset.PixelData)
        pixels[3] ^= 0b100
        dataset.PixelData = bytes(pixels)
        dataset.save_as(path)
        return drawn

    monkeypatch.setattr(formats, "write_seg", write_wrong)
    detail = refused(exporter, "dicom-seg")
    assert "case-0001-ct.seg.dcm was read back and differs: 1 of" in detail


def test_a_segmentation_half_a_millimetre_off_fails_the_export(labelled, exporter, monkeypatch):
    write = dicom_seg.write_seg

    def write_shifted(path, item, part, segments, context):
        drawn = write(path, item, part, segments, context)
        dataset = dicom_seg.dcmread(path)
        groups = dataset.PerFrameFunctionalGroupsSequence[2]
        groups.PlanePositionSequence[0].ImagePositionPatient[0] += 0.5
        dataset.save_as(path)
        return drawn

    monkeypatch.setattr(formats, "write_seg", write_shifted)
    assert "the position of a frame differs" in refused(exporter, "dicom-seg")


def test_mirrored_labels_fail_the_export(labelled, exporter, monkeypatch):
    def write_mirrored(path, voxels_kji, lattice):
        nifti.write_nifti(path, voxels_kji[:, :, ::-1], lattice)

    monkeypatch.setattr(formats, "write_nifti", write_mirrored)
    assert "voxels differ" in refused(exporter, "nifti")


def test_an_affine_that_is_off_fails_the_export(labelled, exporter, monkeypatch):
    from dataclasses import replace  # noqa: PLC0415

    def write_elsewhere(path, voxels_kji, lattice):
        i, j, k = lattice.origin_mm_lps
        nifti.write_nifti(path, voxels_kji, replace(lattice, origin_mm_lps=(i, -j, k)))

    monkeypatch.setattr(formats, "write_nifti", write_elsewhere)
    assert "the affine differs" in refused(exporter, "nifti")


def test_run_lengths_that_say_something_else_fail_the_export(labelled, exporter, monkeypatch):
    from backend.exports.domain import coco  # noqa: PLC0415

    encode = coco.coco_masks.encode

    def encode_a_row_lower(masks):
        return encode(np.asfortranarray(np.roll(masks, 1, axis=0)))

    monkeypatch.setattr(coco.coco_masks, "encode", encode_a_row_lower)
    assert "annotations/" in refused(exporter, "coco")


def test_an_archive_damaged_on_the_way_fails_the_export(labelled, exporter, monkeypatch):
    from backend.exports.services import archive  # noqa: PLC0415

    monkeypatch.setattr(archive, "_hash_of", lambda _zip, _name: "0" * 64)
    assert "damaged" in refused(exporter, "nifti")


def test_an_image_lost_from_the_store_fails_the_job_and_harms_nothing(labelled, exporter):
    from backend.imaging.models import Instance  # noqa: PLC0415

    blob_store().delete(Instance.objects.earliest("pk").blob_sha256)
    export, job = exporter.run("nifti")
    assert job.state == "failed"
    assert not export.archive_sha256
