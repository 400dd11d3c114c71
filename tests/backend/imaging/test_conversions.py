"""Deliveries of files that are not DICOM: what becomes of each, and that nothing is lost."""

import io
import json
import tarfile
import zipfile

import nibabel as nib
import numpy as np
import py7zr
import pytest
from PIL import Image

from backend.api.services.erase import patient_erase
from backend.core.models import Job
from backend.core.services import job_run
from backend.imaging.domain.convert import converting
from backend.imaging.models import Grid, IngestItem, IngestRun, Instance, Series, SourceFile, Study
from backend.imaging.selectors import grid_view
from backend.imaging.services import conversions
from backend.imaging.services.ingest import run_convert_job
from tests.backend.imaging.converted import AFFINES, RAS_TO_LPS, speckle
from tests.backend.imaging.test_uploads import announce, begin, piece

pytestmark = pytest.mark.django_db
SHAPE_IJK = (7, 5, 4)


@pytest.fixture(autouse=True)
def quiet_bells(monkeypatch):
    """Keep doorbells away from the broker, the process edge."""
    monkeypatch.setattr("backend.core.services.ring", lambda *_, **__: True)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "delivery"
    place.mkdir()
    return place


def nifti(path, dtype=np.int16, affine=AFFINES["oblique"], seed=3):
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(speckle(SHAPE_IJK, dtype, seed), affine), path)
    return path


def png(path, seed=3, shape=(20, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(speckle(shape, np.uint8, seed)).save(path)
    return path


def fates(run):
    return {item.name: item for item in IngestItem.objects.filter(run=run)}


def stored_bytes(own_store, sha256):
    return (own_store / sha256[:2] / sha256[2:4] / sha256).read_bytes()


def test_a_volume_is_a_regular_grid_and_its_file_is_kept(folder, take_in, own_store):
    path = nifti(folder / "scan.nii.gz")

    run = take_in(folder)

    item = IngestItem.objects.get(run=run)
    assert (item.outcome, run.counts["converted"]) == ("converted", 1)
    assert item.reason == "Converted from NIfTI into 4 instances."
    grid = Grid.objects.get()
    assert grid.is_regular
    lps = RAS_TO_LPS @ nib.load(path).affine
    np.testing.assert_allclose(grid.origin_mm_lps, lps[:3, 3], atol=1e-4)
    np.testing.assert_allclose(grid.spacing_mm_ijk, np.linalg.norm(lps[:3, :3], axis=0), atol=1e-4)
    source = SourceFile.objects.get()
    assert (source.series, source.role, source.format) == (Series.objects.get(), "image", "NIfTI")
    assert stored_bytes(own_store, source.sha256) == path.read_bytes()
    assert item.instance.series == source.series


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_what_is_converted_can_be_shown(dtype, folder, take_in, system):
    nifti(folder / "scan.nii", dtype)
    take_in(folder)

    view = grid_view(actor=system, grid_id=Grid.objects.get().pk)

    assert len(view.frames) == 4
    assert all(frame.position_mm_lps for frame in view.frames)


def test_the_same_file_again_is_a_duplicate(folder, take_in):
    nifti(folder / "scan.nii.gz")
    take_in(folder)

    again = take_in(folder)

    assert fates(again)["scan.nii.gz"].outcome == "duplicate"
    assert (Instance.objects.count(), SourceFile.objects.count()) == (4, 1)
    assert Study.objects.get().instance_count == 4


def test_a_header_finds_its_data_and_side_files_their_images(folder, take_in):
    data = speckle(SHAPE_IJK, np.int16)
    (folder / "a").mkdir()
    (folder / "a" / "ct.raw").write_bytes(data.T.tobytes())
    (folder / "a" / "ct.mhd").write_text(
        "ObjectType = Image\nNDims = 3\nDimSize = 7 5 4\nElementType = MET_SHORT\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 2\n"
        "ElementDataFile = ct.raw\n"
    )
    (folder / "patients.csv").write_text(
        "file,patient_id,modality,laterality,grade\na/ct.mhd,P7,CT,L,benign\n"
    )
    (folder / "alone.raw").write_bytes(b"x" * 99)
    (folder / "notes.json").write_text("{}")

    run = take_in(folder)

    found = fates(run)
    assert {name: (item.outcome, item.code) for name, item in found.items()} == {
        "a/ct.mhd": ("converted", "imaging.converted"),
        "a/ct.raw": ("kept", "imaging.part_used"),
        "patients.csv": ("kept", "imaging.side_used"),
        "alone.raw": ("rejected", "imaging.part_alone"),
        "notes.json": ("rejected", "imaging.side_unused"),
    }
    assert found["patients.csv"].sha256 == ""  # it may name many patients
    series = Series.objects.get()
    assert (series.modality, series.laterality, series.study.patient.patient_id) == (
        "CT",
        "L",
        "P7",
    )
    assert sorted(series.source_files.values_list("role", flat=True)) == ["image", "part"]
    assert SourceFile.objects.get(role="image").labels == {"grade": "benign"}
    assert Grid.objects.get().is_regular


def test_who_is_erased_leaves_no_original_behind(folder, take_in, own_store, system):
    nib.save(nib.Nifti1Pair(speckle(SHAPE_IJK, np.int16), np.eye(4)), folder / "scan.img")
    (folder / "scan.json").write_text('{"PatientID": "P1", "PatientName": "Doe^Jane"}')
    take_in(folder)
    originals = list(SourceFile.objects.values_list("sha256", flat=True))
    assert len(originals) == 2

    proof = patient_erase(actor=system, patient_id=Study.objects.get().patient_id, reason="asked")

    assert proof.holds
    assert SourceFile.objects.count() == 0
    assert not any((own_store / sha[:2] / sha[2:4] / sha).exists() for sha in originals)


def test_labels_are_kept_and_not_made_into_pictures(folder, take_in, own_store):
    nifti(folder / "images" / "case.nii.gz")
    mask = folder / "labels" / "case.nii.gz"
    mask.parent.mkdir()
    nib.save(nib.Nifti1Image(speckle(SHAPE_IJK, np.uint8) % 3, AFFINES["oblique"]), mask)

    run = take_in(folder)

    item = fates(run)["labels/case.nii.gz"]
    assert (item.outcome, item.code) == ("kept", "imaging.labels_kept")
    assert stored_bytes(own_store, item.sha256) == mask.read_bytes()
    assert Series.objects.count() == 1
    assert SourceFile.objects.get(role="labels").series is None


def test_warnings_are_told_where_the_series_is_shown(folder, take_in, system):
    image = nib.Nifti1Image(speckle(SHAPE_IJK, np.int16), None)
    image.set_sform(None, code=0)
    image.set_qform(None, code=0)
    nib.save(image, folder / "scan.nii")

    take_in(folder)

    view = grid_view(actor=system, grid_id=Grid.objects.get().pk)
    assert "left and right may be exchanged" in " ".join(view.warnings)


def test_a_file_that_cannot_be_converted_says_why_and_harms_no_other(folder, take_in):
    nifti(folder / "good.nii")
    (folder / "cut.nii.gz").write_bytes(nifti(folder / "x.nii.gz").read_bytes()[:150])
    (folder / "x.nii.gz").unlink()
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(300))
    (folder / "letter.txt").write_text("Dear colleague")

    run = take_in(folder)

    assert {name: item.code for name, item in fates(run).items()} == {
        "good.nii": "imaging.converted",
        "cut.nii.gz": "imaging.source_packed",
        "bad.png": "imaging.picture_unreadable",
        "letter.txt": "imaging.not_dicom",
    }
    assert not list(conversions.settings.LIMN_UPLOADS.glob("*"))


def test_a_fault_of_our_own_is_told_and_the_rest_goes_on(folder, take_in, monkeypatch):
    png(folder / "a.png", 1)
    png(folder / "b.png", 2)
    real = converting.convert

    def faulty(source, *rest):
        if source.name == "a.png":
            raise ZeroDivisionError
        return real(source, *rest)

    monkeypatch.setattr(converting, "convert", faulty)

    run = take_in(folder)

    assert [fates(run)[name].code for name in ("a.png", "b.png")] == [
        "imaging.internal",
        "imaging.converted",
    ]


def test_what_was_broken_off_in_the_middle_is_completed_by_the_next_delivery(
    folder, take_in, monkeypatch
):
    nifti(folder / "scan.nii")
    monkeypatch.setattr(conversions, "BATCH", 2)
    real, calls = conversions.made_store, []

    def dies_after_the_first(delivery, batch):
        calls.append(batch)
        if len(calls) > 1:
            raise RuntimeError("the process dies")
        return real(delivery, batch)

    monkeypatch.setattr(conversions, "made_store", dies_after_the_first)
    take_in(folder)
    monkeypatch.setattr(conversions, "made_store", real)

    again = take_in(folder)

    assert fates(again)["scan.nii"].outcome == "converted"
    assert (Instance.objects.count(), Grid.objects.get().is_regular) == (4, True)


def archive_bytes(kind, path):
    target = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            archive.write(path, f"in/{path.name}")
    elif kind == "7z":
        with py7zr.SevenZipFile(target, "w") as archive:
            archive.write(path, f"in/{path.name}")
    else:
        with tarfile.open(fileobj=target, mode="w:gz" if kind == "tar.gz" else "w") as archive:
            archive.add(path, f"in/{path.name}")
    return target.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "7z"])
def test_archives_of_every_kind_are_opened(kind, folder, take_in, tmp_path, make_phantom):
    place = folder / f"all.{kind}"
    place.write_bytes(archive_bytes(kind, nifti(tmp_path / "scan.nii.gz")))
    dicom = folder / f"dicom.{kind}"
    dicom.write_bytes(archive_bytes(kind, make_phantom("axial").paths[0]))

    run = take_in(folder)

    found = fates(run)
    assert found[f"all.{kind}/in/scan.nii.gz"].outcome == "converted"
    assert {item.outcome for item in found.values()} == {"converted", "stored"}
    assert not list(conversions.settings.LIMN_UPLOADS.glob("*"))


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def send(client, run_id, name, content):
    _, place = announce(client, run_id, name, len(content))
    return piece(client, place, 0, content).json()["outcome"]


def finish(client, run_id):
    client.post(f"/api/v1/ingest-runs/{run_id}/finish")
    for job in Job.objects.filter(kind="imaging.convert_run", state__in=["queued", "sent"]):
        job_run(job_id=job.pk, handler=run_convert_job)
    return client.get(f"/api/v1/ingest-runs/{run_id}").json()


def test_files_from_the_browser_wait_for_one_another(as_bob, tmp_path):
    run_id, place = begin(as_bob, "photo.png", len(png(tmp_path / "photo.png").read_bytes()))
    (waiting,) = piece(as_bob, place, 0, (tmp_path / "photo.png").read_bytes()).json()["outcome"]
    side = json.dumps({"PatientID": "P9", "Modality": "XC"}).encode()
    pack = io.BytesIO()
    with zipfile.ZipFile(pack, "w") as archive:
        archive.writestr("photo.json", side)
    send(as_bob, run_id, "Small files 1.zip", pack.getvalue())

    told = finish(as_bob, run_id)

    assert (waiting["outcome"], waiting["code"]) == ("waiting", "imaging.waits")
    assert (told["state"], told["counts"]["converted"], told["counts"]["kept"]) == (
        "finished",
        1,
        1,
    )
    (study,) = as_bob.get("/api/v1/studies").json()["results"]
    assert study["patient"]["patient_id"] == "P9"


def test_while_files_are_converted_the_delivery_says_so(as_bob, tmp_path):
    content = png(tmp_path / "photo.png").read_bytes()
    run_id, place = begin(as_bob, "photo.png", len(content))
    piece(as_bob, place, 0, content)

    first = as_bob.post(f"/api/v1/ingest-runs/{run_id}/finish").json()
    second = as_bob.post(f"/api/v1/ingest-runs/{run_id}/finish").json()

    assert (first["state"], second["state"]) == ("converting", "converting")
    assert first["counts"]["waiting"] == 1
    assert Job.objects.filter(kind="imaging.convert_run").count() == 1


def test_who_sends_the_same_volume_sees_it_and_who_sends_half_of_it_does_not(
    client, bob, take_in, folder
):
    nifti(folder / "scan.nii.gz")
    take_in(folder)  # by the system: nobody sees it
    client.force_login(bob)
    assert client.get("/api/v1/studies").json()["results"] == []
    content = (folder / "scan.nii.gz").read_bytes()
    run = client.post("/api/v1/ingest-runs", {"label": "x"}, content_type="application/json")
    send(client, run.json()["id"], "scan.nii.gz", content)

    told = finish(client, run.json()["id"])

    assert told["counts"]["duplicate"] == 1
    assert len(client.get("/api/v1/studies").json()["results"]) == 1


def test_a_large_archive_that_is_read_after_the_delivery_was_closed_is_converted_too(
    as_bob, tmp_path
):
    content = png(tmp_path / "photo.png").read_bytes()
    run_id, place = begin(as_bob, "photo.png", len(content))
    IngestRun.objects.filter(pk=run_id).update(state="finished")

    piece(as_bob, place, 0, content)
    finish(as_bob, run_id)

    assert IngestItem.objects.get(run_id=run_id).outcome == "converted"


def test_stow_takes_dicom_only(client, bob, tmp_path):
    client.force_login(bob)
    body = (
        b"--x\r\nContent-Type: application/dicom\r\n\r\n"
        + png(tmp_path / "photo.png").read_bytes()
        + b"\r\n--x--\r\n"
    )
    client.post(
        "/dicomweb/studies",
        body,
        content_type='multipart/related; type="application/dicom"; boundary=x',
    )

    assert IngestItem.objects.get().code == "imaging.not_dicom"
