"""Bad input: each file gets a clear sentence, and nothing stored is harmed."""

import os
import resource
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import pydicom
import pydicom.data
import pytest
from django.db import connection

from backend.core import blobs
from backend.core.actor import Actor
from backend.imaging.domain.decode import FrameUnreadable, decode_frame
from backend.imaging.domain.parse import parse_file
from backend.imaging.domain.rejections import Rejected
from backend.imaging.models import Grid, IngestItem, Instance, Patient, Series, Study
from backend.imaging.services import ingest_paths

pytestmark = pytest.mark.django_db
# What taking in something huge may add to the memory of this process, in KiB.
MEMORY_KIB = 96 << 10


def fates(run):
    return {item.name: item for item in IngestItem.objects.filter(run=run)}


def only(run):
    (item,) = IngestItem.objects.filter(run=run)
    return item


def one(make_phantom, name="axial"):
    return make_phantom(name).paths[0]


def altered(path, target, **elements):
    """Return a copy of a file with other elements; None removes one."""
    dataset = pydicom.dcmread(path)
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(target)
    return target


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "imaging.empty"),
        (b"Dear colleague, please find the images attached.", "imaging.not_dicom"),
        (bytes(5000), "imaging.not_dicom"),
        (b"\x89PNG\r\n\x1a\n" + bytes(3000), "imaging.picture_unreadable"),
        (bytes(128) + b"DICM", "imaging.header_cut"),
        (bytes(128) + b"DICM" + b"\x07" * 300, "imaging.no_sop_class"),
        (b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100" + b"\xff" * 40, "imaging.header_cut"),
    ],
)
def test_what_is_no_dicom_is_told_so(content, code, take_in, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(content)

    item = only(take_in(path))

    assert (item.outcome, item.code) == ("rejected", code)
    assert item.reason
    assert item.next_step


@pytest.mark.parametrize("missing_bytes", [1, 100, 6143, 6144])
def test_a_truncated_image_is_refused(missing_bytes, make_phantom, take_in, tmp_path):
    whole = one(make_phantom).read_bytes()
    path = tmp_path / "cut.dcm"
    path.write_bytes(whole[: len(whole) - missing_bytes])

    assert only(take_in(path)).code == "imaging.truncated"


def test_a_file_cut_in_its_header_is_refused(make_phantom, take_in, tmp_path):
    whole = one(make_phantom).read_bytes()
    path = tmp_path / "cut.dcm"
    path.write_bytes(whole[:900])

    assert only(take_in(path)).code == "imaging.header_cut"


def test_a_truncated_compressed_image_is_refused(make_phantom, take_in, tmp_path):
    dataset = pydicom.dcmread(one(make_phantom))
    dataset.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
    dataset.save_as(tmp_path / "whole.dcm")
    whole = (tmp_path / "whole.dcm").read_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[:-60])

    assert only(take_in(tmp_path / "cut.dcm")).code == "imaging.truncated"


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"PixelData": None}, "imaging.no_pixel_data"),
        ({"Rows": 0}, "imaging.bad_pixel_module"),
        ({"Rows": None}, "imaging.bad_pixel_module"),
        ({"BitsAllocated": 12}, "imaging.bad_pixel_module"),
        ({"BitsStored": 17}, "imaging.bad_pixel_module"),
        ({"SamplesPerPixel": 2}, "imaging.bad_pixel_module"),
        ({"Rows": 60000}, "imaging.truncated"),
        ({"NumberOfFrames": 999999}, "imaging.truncated"),
        ({"NumberOfFrames": 2147483647}, "imaging.bad_pixel_module"),
        ({"Rows": 65535, "Columns": 65535}, "imaging.absurd_size"),
    ],
)
def test_a_header_that_cannot_be_meant_is_refused(elements, code, make_phantom, take_in, tmp_path):
    path = altered(one(make_phantom), tmp_path / "odd.dcm", **elements)

    item = only(take_in(path))

    assert item.code == code
    assert Instance.objects.count() == 0


def test_an_archive_is_opened_and_every_member_told_of(make_phantom, take_in, tmp_path):
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in make_phantom("oblique").paths:
            target.write(path, f"a/b/{path.name}")
        target.writestr("a/readme.txt", "words")

    run = take_in(archive)

    assert run.counts == {"stored": 12, "duplicate": 0, "quarantined": 0, "rejected": 1}
    assert fates(run)["study.zip/a/readme.txt"].code == "imaging.not_dicom"
    assert Grid.objects.get().is_regular


def test_path_tricks_in_an_archive_are_only_names(make_phantom, take_in, tmp_path, own_store):
    archive = tmp_path / "sly.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.write(one(make_phantom), "../../../../etc/cron.d/job")
        target.write(one(make_phantom, "oblique"), "/etc/passwd")
        target.writestr("C:\\windows\\x", "words")
    before = {path for path in tmp_path.rglob("*") if own_store not in path.parents}

    run = take_in(archive)

    assert run.counts == {"stored": 2, "duplicate": 0, "quarantined": 0, "rejected": 1}
    after = {path for path in tmp_path.rglob("*") if own_store not in path.parents}
    assert after - before <= {own_store, tmp_path / "uploads"}


def test_a_protected_member_is_told_so_and_the_others_are_taken(make_phantom, take_in, tmp_path):
    archive = tmp_path / "locked.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.write(one(make_phantom), "open.dcm")
        target.write(one(make_phantom, "oblique"), "locked.dcm")
    raw = bytearray(archive.read_bytes())
    place = raw.rindex(b"PK\x01\x02")
    raw[place + 8] |= 1  # the flag that says "encrypted" in the archive's directory
    archive.write_bytes(raw)

    run = take_in(archive)

    assert fates(run)["locked.zip/open.dcm"].outcome == "stored"
    assert fates(run)["locked.zip/locked.dcm"].code == "imaging.zip_encrypted"


def test_an_archive_that_would_unpack_to_terabytes_is_not_unpacked(take_in, tmp_path, settings):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for number in range(20):
            target.writestr(f"{number}", bytes(1 << 20))
    raw = archive.read_bytes()
    for _ in range(20):  # let each claim nearly 4 GiB
        raw = raw.replace(struct.pack("<I", 1 << 20), struct.pack("<I", 0xFFFFFFF0))
    archive.write_bytes(raw)

    item = only(take_in(archive))

    assert item.code == "imaging.zip_bomb"
    assert not list(settings.LIMN_UPLOADS.glob("*")) if settings.LIMN_UPLOADS.exists() else True


def test_a_member_larger_than_it_claims_is_stopped(take_in, tmp_path):
    archive = tmp_path / "liar.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("zeros", bytes(3 << 20))
    raw = archive.read_bytes().replace(struct.pack("<I", 3 << 20), struct.pack("<I", 1000))
    archive.write_bytes(raw)

    assert only(take_in(archive)).code in {"imaging.zip_broken", "imaging.zip_bomb"}


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.95])
def test_a_damaged_archive_is_told_so(keep, make_phantom, take_in, tmp_path):
    archive = tmp_path / "cut.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.write(one(make_phantom), "x.dcm")
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * keep)])

    assert only(take_in(archive)).code == "imaging.zip_broken"


def test_a_deflated_file_that_swells_is_refused(make_phantom, take_in, tmp_path, monkeypatch):
    monkeypatch.setattr("backend.imaging.domain.parse.LARGEST_INFLATED_BYTES", 1 << 20)
    dataset = pydicom.dcmread(one(make_phantom))
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    dataset.ImageComments = ""
    dataset.save_as(tmp_path / "deflated.dcm")
    raw = (tmp_path / "deflated.dcm").read_bytes()
    start = 144 + struct.unpack_from("<I", raw, 140)[0]
    packer = zlib.compressobj(9, wbits=-15)
    swollen = packer.compress(bytes(64 << 20)) + packer.flush()
    (tmp_path / "bomb.dcm").write_bytes(raw[:start] + swollen)

    assert only(take_in(tmp_path / "deflated.dcm")).outcome == "stored"
    assert only(take_in(tmp_path / "bomb.dcm")).code == "imaging.zip_bomb"


def test_a_huge_file_of_nothing_is_refused_without_being_read(take_in, tmp_path):
    path = tmp_path / "huge.dcm"
    with path.open("wb") as file:
        file.truncate(4 << 30)

    assert only(take_in(path)).code == "imaging.not_dicom"


def test_a_huge_image_that_ends_early_is_refused_in_little_memory(make_phantom, take_in, tmp_path):
    path = altered(one(make_phantom), tmp_path / "huge.dcm", NumberOfFrames=900_000)
    content = bytearray(path.read_bytes())
    place = content.index(b"\xe0\x7f\x10\x00OW")
    content[place + 8 : place + 12] = b"\xfe\xff\xff\xff"
    path.write_bytes(content)
    os.truncate(path, 4 << 30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert only(take_in(path)).code == "imaging.truncated"

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY_KIB
    assert not any((tmp_path / "blobs").glob("??/*"))


def test_a_file_above_the_limit_is_refused(make_phantom, take_in, settings):
    settings.LIMN_UPLOAD_MAX_BYTES = 5000

    item = only(take_in(one(make_phantom)))

    assert item.code == "imaging.too_large"


def test_links_in_a_folder_are_not_followed(make_phantom, take_in, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "image.dcm").symlink_to(one(make_phantom))

    run = take_in(folder)

    assert {item.code for item in fates(run).values()} == {"imaging.not_a_file"}


def test_many_tiny_files_are_all_told_of(take_in, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number:05}").write_bytes(b"x" * (number % 7))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    run = take_in(folder)

    assert run.counts == {"stored": 0, "duplicate": 0, "quarantined": 0, "rejected": 10_000}
    assert set(run.items.values_list("code", flat=True)) == {"imaging.empty", "imaging.not_dicom"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY_KIB


def test_hostile_text_is_kept_harmless(make_phantom, take_in, tmp_path):
    path = altered(
        one(make_phantom),
        tmp_path / "hostile.dcm",
        PatientName="x" * 64 + "\0\x1b[2J",
        StudyDescription="<script>alert(1)</script>" + "\0",
        PatientID="' OR 1=1; --",
    )

    assert only(take_in(path)).outcome == "stored"
    assert "\0" not in Study.objects.get().description
    assert Patient.objects.get().patient_id == "' OR 1=1; --"


@pytest.mark.parametrize("uid", ["", "1.2.3.x", "../../etc", "1" * 80, "1..2"])
def test_an_identifier_that_is_none_is_replaced_and_told(uid, make_phantom, take_in, tmp_path):
    raw = one(make_phantom).read_bytes()
    dataset = pydicom.dcmread(one(make_phantom))
    for name in ("StudyInstanceUID", "SeriesInstanceUID"):
        dataset[name] = pydicom.DataElement(name, "UI", uid, validation_mode=0)
    dataset.save_as(tmp_path / "odd.dcm")

    item = only(take_in(tmp_path / "odd.dcm"))

    assert item.outcome == "stored"
    assert Study.objects.get().uid.startswith("2.25.")
    assert "no valid identifiers" in Series.objects.get().warnings[0]
    assert raw


def test_one_study_uid_cannot_pull_two_patients_names_together(make_phantom, take_in, tmp_path):
    first = one(make_phantom)
    take_in(first)
    other = altered(
        first,
        tmp_path / "other.dcm",
        SOPInstanceUID="1.2.3.4",
        PatientName="Else^Somebody",
        PatientID="OTHER",
    )

    take_in(other)

    assert "another patient" in " ".join(Series.objects.get().warnings)
    assert Study.objects.get().patient.patient_id != "OTHER"


def test_the_same_patient_id_elsewhere_is_another_patient(make_phantom, take_in, tmp_path):
    for number, name in enumerate(("Mueller^Anna", "Meier^Bernd")):
        take_in(
            altered(
                one(make_phantom),
                tmp_path / f"{number}.dcm",
                PatientID="1",
                PatientName=name,
                SOPInstanceUID=f"1.2.{number}",
                SeriesInstanceUID=f"1.3.{number}",
                StudyInstanceUID=f"1.4.{number}",
            )
        )

    assert Patient.objects.filter(patient_id="1").count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_of_the_same_files_at_once_store_each_once(make_phantom, own_store):
    folder = make_phantom("oblique").paths[0].parent
    gate = threading.Barrier(4)
    runs = []

    def deliver():
        gate.wait()
        try:
            runs.append(ingest_paths(actor=Actor.system(), paths=[folder]))
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(run.counts["stored"] for run in runs) == 12
    assert sum(run.counts["duplicate"] for run in runs) == 36
    assert Study.objects.get().instance_count == 12
    assert (Series.objects.get().instance_count, Instance.objects.count()) == (12, 12)
    assert Grid.objects.filter(superseded_at=None).get().frame_count == 12


def test_dying_between_bytes_and_rows_leaves_nothing_visible(
    make_phantom, take_in, own_store, monkeypatch
):
    path = one(make_phantom)

    def die(**_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("backend.imaging.services.store.rows_write", die)
        with pytest.raises(KeyboardInterrupt):
            take_in(path)

    assert Instance.objects.count() == Study.objects.count() == 0
    assert only(take_in(path)).outcome == "stored"


def test_a_full_disk_is_told_and_stores_nothing(make_phantom, take_in, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blobs.os, "fsync", full)

    item = only(take_in(one(make_phantom)))

    assert item.code == "imaging.storage_full"
    assert Instance.objects.count() == 0


@pytest.mark.parametrize("harm", ["table", "segment", "size"])
def test_a_jpeg_that_would_end_the_process_is_refused(harm, tmp_path):
    """The decoder in C++ ends the process where the stream's own header is not whole."""
    path = Path(pydicom.data.get_testdata_file("SC_rgb_dcmtk_+eb+cr.dcm", download=False))
    content = bytearray(path.read_bytes())
    second_table = content.index(b"\xff\xc4", content.index(b"\xff\xc4") + 2)
    at = {
        "table": second_table + 1,
        "segment": second_table,
        "size": content.index(b"\xff\xc0") + 6,
    }
    content[at[harm]] ^= 0x2B
    damaged = tmp_path / "a.dcm"
    damaged.write_bytes(content)

    read = subprocess.run(
        [sys.executable, "-c", READ_FRAME, str(damaged)],
        check=False,
        capture_output=True,
        text=True,
    )

    assert read.returncode == 0, read.stderr
    assert read.stdout.strip() in {"FrameUnreadable", "(100, 100, 3)"}


READ_FRAME = """
import sys, warnings
from pathlib import Path
from backend.imaging.domain.decode import FrameUnreadable, decode_frame
warnings.simplefilter("ignore")
try:
    print(decode_frame(Path(sys.argv[1]), "1.2.840.10008.1.2.4.50", 1).shape)
except FrameUnreadable:
    print("FrameUnreadable")
"""


def test_a_decoder_that_panics_is_one_that_refuses(tmp_path):
    """What the decoder in Rust raises is no ordinary exception: half of these make it panic."""
    sound = Path(pydicom.data.get_testdata_file("SC_rgb_rle.dcm", download=False)).read_bytes()
    refused = 0
    for number in range(60):
        content = bytearray(sound)
        content[-1 - 29 * number] ^= 0x7F
        (tmp_path / "a.dcm").write_bytes(content)
        try:
            decode_frame(tmp_path / "a.dcm", "1.2.840.10008.1.2.5", 1)
        except FrameUnreadable:
            refused += 1
    assert refused < 60


def test_a_deflated_header_with_something_behind_its_end_is_read_to_its_end(tmp_path):
    """What came after the end of the packed data was asked for again, for ever."""
    path = Path(pydicom.data.get_testdata_file("image_dfl.dcm", download=False))
    (tmp_path / "a.dcm").write_bytes(path.read_bytes() + bytes(200_000))

    began = time.monotonic()
    with suppress(Rejected):
        parse_file(tmp_path / "a.dcm")
    assert time.monotonic() - began < 5
