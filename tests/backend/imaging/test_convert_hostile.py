"""Files that lie, break off or explode end in a sentence, quickly, within little memory."""

import bz2
import gzip
import io
import resource
import struct
import time
import zlib
from contextlib import suppress

import nibabel as nib
import numpy as np
import pytest
import tifffile
from PIL import Image

from backend.imaging.domain.convert.kinds import kind_of
from backend.imaging.domain.convert.model import Limits
from backend.imaging.domain.rejections import Rejected
from tests.backend.imaging.converted import make, speckle

SMALL = Limits(most_bytes=64 << 20)


@pytest.fixture
def nifti():
    """The bytes of a small sound NIfTI, to be spoilt."""
    image = nib.Nifti1Image(speckle((6, 5, 4), np.int16), np.diag([1.0, 2, 3, 1]))
    return bytearray(image.to_bytes())


@pytest.fixture(autouse=True)
def within_time_and_memory():
    """No case here may take long, or take much memory."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    yield
    assert time.monotonic() - start < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 << 10


def refused(path, data, code, limits=SMALL):
    path.write_bytes(bytes(data))
    with pytest.raises(Rejected) as refusal:
        make(path, limits=limits)
    assert refusal.value.code == f"imaging.{code}"
    assert refusal.value.reason.endswith(".")
    assert refusal.value.next_step.endswith(".")
    assert str(path) not in refusal.value.reason


def spoil(data, offset, form, *values):
    struct.pack_into(form, data, offset, *values)
    return data


def test_a_nifti_that_breaks_off(nifti, tmp_path):
    refused(tmp_path / "a.nii", nifti[:-20], "source_cut")


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.97])
def test_a_packed_nifti_that_breaks_off(kept, nifti, tmp_path):
    packed = gzip.compress(bytes(nifti))
    refused(tmp_path / "a.nii.gz", packed[: int(len(packed) * kept)], "source_packed")


def test_a_packed_nifti_with_a_wrong_byte(nifti, tmp_path):
    packed = bytearray(gzip.compress(bytes(nifti), 0))
    packed[400] ^= 0xFF
    refused(tmp_path / "a.nii.gz", packed, "source_packed")


def make_or_refuse(path):
    """Either convert or say why not; anything else is a fault."""
    with suppress(Rejected):
        make(path, limits=SMALL)


@pytest.mark.parametrize("dims", [(3, 30000, 30000, 30000), (3, 32767, 32767, 1), (4, 9, 9, 32767)])
def test_dimensions_beyond_the_file(dims, nifti, tmp_path):
    spoil(nifti, 40, f"<{len(dims)}h", *dims)
    path = tmp_path / "a.nii"
    path.write_bytes(nifti)
    with pytest.raises(Rejected, match=r"larger than Limn converts|ends before"):
        make(path, limits=SMALL)


@pytest.mark.parametrize("dims", [(0, 1, 1, 1), (9, 4, 4, 4), (3, -5, 4, 4), (3, 0, 4, 4)])
def test_dimensions_that_are_none(dims, nifti, tmp_path):
    refused(tmp_path / "a.nii", spoil(nifti, 40, "<4h", *dims), "source_header")


def test_a_claim_that_no_packed_file_of_this_size_can_meet(nifti, tmp_path):
    spoil(nifti, 40, "<4h", 3, 1000, 1000, 15)
    refused(tmp_path / "a.nii.gz", gzip.compress(bytes(nifti)), "source_absurd")


def test_a_bomb_is_unpacked_no_further_than_its_header_says(nifti, tmp_path):
    path = tmp_path / "a.nii.gz"
    with gzip.open(path, "wb", 9) as file:
        file.write(bytes(nifti))
        for _ in range(300):
            file.write(bytes(1 << 20))

    assert len(make(path, limits=SMALL).paths) == 4
    assert sum(each.stat().st_size for each in tmp_path.rglob("unpacked-*")) < 1 << 20


@pytest.mark.parametrize("number", [np.nan, np.inf, 0.0, 1e30])
def test_an_affine_that_is_none(number, nifti, tmp_path):
    spoil(nifti, 280, "<4f", *([number] * 4))
    spoil(nifti, 252, "<2h", 0, 1)
    refused(tmp_path / "a.nii", nifti, "source_affine")


def test_a_broken_place_gives_way_to_a_sound_one(nifti, tmp_path):
    spoil(nifti, 280, "<4f", *([np.nan] * 4))
    spoil(nifti, 252, "<2h", 1, 1)
    (tmp_path / "a.nii").write_bytes(nifti)

    assert len(make(tmp_path / "a.nii").paths) == 4


@pytest.mark.parametrize("code", [1, 32, 1536, 1792, 7777, -3])
def test_kinds_of_values_that_dicom_does_not_have(code, nifti, tmp_path):
    refused(tmp_path / "a.nii", spoil(nifti, 70, "<2h", code, 64), "source_values")


def test_several_numbers_at_each_voxel(nifti, tmp_path):
    spoil(nifti, 40, "<6h", 5, 6, 5, 2, 1, 2)
    refused(tmp_path / "a.nii", nifti, "source_values")


@pytest.mark.parametrize("offset", [-4.0, 1e12, np.nan, 352.5])
def test_data_that_begins_nowhere(offset, nifti, tmp_path):
    refused(tmp_path / "a.nii", spoil(nifti, 108, "<f", offset), "source_header")


def test_a_header_whose_data_did_not_come(tmp_path):
    nib.save(nib.Nifti1Pair(speckle((6, 5, 4), np.int16), np.eye(4)), tmp_path / "a.hdr")
    (tmp_path / "a.img").unlink()
    refused(tmp_path / "a.hdr", (tmp_path / "a.hdr").read_bytes(), "part_missing")


MHD = """ObjectType = Image
NDims = 3
DimSize = 4 4 2
ElementType = MET_SHORT
ElementSpacing = 1 1 2
ElementDataFile = {}
"""
NRRD = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 2\nencoding: {}\nendian: little\n\n"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\x.raw", "..", ""])
def test_data_outside_the_folder_is_not_looked_for(name, tmp_path):
    refused(tmp_path / "a.mhd", MHD.format(name).encode(), "part_outside")


def test_a_format_that_nobody_packs_as_a_whole_is_taken_for_nothing(tmp_path):
    path = tmp_path / "a.nrrd.gz"
    path.write_bytes(gzip.compress(NRRD.format("raw").encode() + bytes(64)))

    assert kind_of(path.name, path) is None


def test_an_mhd_alone(tmp_path):
    refused(tmp_path / "a.mhd", MHD.format("a.raw").encode(), "part_missing")


def test_a_nrrd_that_looks_elsewhere(tmp_path):
    text = NRRD.format("raw").replace("\n\n", "\ndata file: ../x.raw\n\n")
    refused(tmp_path / "a.nhdr", text.encode(), "part_outside")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("sizes: 4 4 2|sizes: 4 4", "source_header"),
        ("sizes: 4 4 2|sizes: 4 -4 2", "source_header"),
        ("sizes: 4 4 2|sizes: 999999999 999999999 999999999", "source_absurd"),
        ("sizes: 4 4 2|sizes: 99999 99999 2", "source_too_large"),
        ("dimension: 3|dimension: many", "source_header"),
        ("type: short|type: block", "source_values"),
        ("encoding: raw|encoding: ascii", "source_values"),
        ("endian: little|space directions: (1,0,0) (0,1,0) (0,0,oh)", "source_header"),
        ("endian: little|space directions: (1,0) (0,1) (0,0)", "source_header"),
        ("endian: little|byte skip: 99", "source_header"),
    ],
)
def test_a_nrrd_header_that_cannot_be_meant(wrong, code, tmp_path):
    before, after = wrong.split("|")
    text = NRRD.format("raw").replace(before, after)
    refused(tmp_path / "a.nrrd", text.encode() + bytes(64), code)


@pytest.mark.parametrize("packing", ["gzip", "bzip2"])
def test_a_packed_nrrd_that_is_damaged_or_too_short(packing, tmp_path):
    pack = gzip.compress if packing == "gzip" else bz2.compress
    head = NRRD.format(packing).encode()
    refused(tmp_path / "a.nrrd", head + pack(bytes(64))[:20], "source_packed")
    refused(tmp_path / "b.nrrd", head + pack(bytes(40)), "source_cut")
    refused(tmp_path / "c.nrrd", head + b"nothing of that kind" * 9, "source_packed")


@pytest.mark.parametrize(
    "wrong",
    [
        "DimSize = 4 4 2|DimSize = 4 x 2",
        "NDims = 3|NDims = 99",
        "ElementSpacing = 1 1 2|ElementSpacing = 1 1",
        "ElementSpacing = 1 1 2|Offset = 1 2",
        "ElementDataFile = LOCAL|Comment = nothing",
    ],
)
def test_a_metaimage_header_that_cannot_be_meant(wrong, tmp_path):
    before, after = wrong.split("|")
    text = MHD.format("LOCAL").replace(before, after)
    refused(tmp_path / "a.mha", text.encode() + bytes(64), "source_header")


def test_a_packed_metaimage_that_unpacks_to_more_or_less(tmp_path):
    text = MHD.format("LOCAL").replace("ElementDataFile", "CompressedData = True\nElementDataFile")
    refused(tmp_path / "a.mha", text.encode() + zlib.compress(bytes(40)), "source_cut")
    path = tmp_path / "b.mha"
    path.write_bytes(text.encode() + zlib.compress(bytes(200 << 20)))
    assert len(make(path, limits=SMALL).paths) == 2


def png_of(columns, rows):
    """Return a PNG that claims a size which it does not have."""
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_picture_of_boundless_size_is_not_decoded(tmp_path):
    refused(tmp_path / "a.png", png_of(60000, 60000), "source_too_large")
    refused(tmp_path / "b.png", png_of(2**31 - 1, 2**31 - 1), "source_too_large")


def test_a_picture_that_breaks_off(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(speckle((90, 90, 3), np.uint8)).save(buffer, "PNG")
    refused(tmp_path / "a.png", buffer.getvalue()[:-400], "picture_unreadable")
    refused(tmp_path / "b.jpg", b"\xff\xd8\xff" + bytes(300), "picture_unreadable")
    refused(tmp_path / "c.tif", b"II*\0\x08\0\0\0" + b"\xff" * 60, "picture_unreadable")


@pytest.mark.parametrize("tag", ["ImageWidth", "ImageLength", "BitsPerSample"])
def test_a_tiff_whose_pages_cannot_be(tag, tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, speckle((20, 30), np.int16), photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].tags[tag].overwrite(0)

    with pytest.raises(Rejected) as refusal:
        make(path, limits=SMALL)
    assert refusal.value.code in {
        "imaging.source_header",
        "imaging.source_values",
        "imaging.picture_unreadable",
    }


def test_films_that_are_none(tmp_path):
    refused(tmp_path / "a.mp4", b"\0\0\0\x18ftypmp42" + bytes(400), "video_unreadable")
    refused(tmp_path / "b.avi", b"RIFF\x40\0\0\0AVI " + b"MJPG" + bytes(400), "video_unreadable")


def test_the_number_of_slices_is_bounded(nifti, tmp_path):
    refused(tmp_path / "a.nii", nifti, "source_too_large", Limits(most_frames=3))


@pytest.mark.parametrize("seed", range(60))
def test_damaged_at_random_a_file_is_converted_or_refused(seed, nifti, tmp_path):
    chance = np.random.default_rng(seed)
    makers = {"a.nii": bytes(nifti), "a.nrrd": NRRD.format("raw").encode() + bytes(64),
              "a.mha": MHD.format("LOCAL").encode() + bytes(64), "a.png": png_of(20, 20)}  # fmt: skip
    for name, data in makers.items():
        spoilt = bytearray(data)
        for _ in range(chance.integers(1, 12)):
            spoilt[chance.integers(0, min(len(spoilt), 352))] = chance.integers(0, 256)
        path = tmp_path / name
        path.write_bytes(spoilt)
        if kind_of(name, path) is not None:
            make_or_refuse(path)
