"""The fast reader of headers says exactly what pydicom says, or leaves the file to it."""

import warnings
from pathlib import Path

import pydicom
import pytest

from backend.imaging.domain.dicom_json import header_from
from backend.imaging.domain.parse import parse_file
from backend.imaging.domain.plain_header import read_plain
from backend.imaging.domain.rejections import Rejected

SHIPPED = sorted((Path(pydicom.__file__).parent / "data").rglob("*.dcm"))


def assert_same(path):
    """Compare both readers; return whether the fast one took the file."""
    content = path.read_bytes()
    plain = read_plain(content)
    if plain is None:
        return False
    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(file, stop_before_pixels=True)
        end = file.tell()
        header = header_from(dataset)
    assert plain.header == header
    assert list(plain.header) == list(header)
    assert plain.end == end
    assert plain.meta[0x00020010] == dataset.file_meta.TransferSyntaxUID
    return True


def test_both_readers_agree_on_what_ships_with_pydicom():
    taken = [assert_same(path) for path in SHIPPED]

    assert sum(taken) > 0.6 * len(SHIPPED)


def test_both_readers_agree_on_real_images(real_data):
    paths = sorted((real_data / "dicom").rglob("*.dcm"))

    taken = [assert_same(path) for path in paths]

    assert sum(taken) > 0.9 * len(paths)


@pytest.mark.parametrize("cut", [133, 150, 340, 700, 1000])
def test_a_cut_file_is_left_to_pydicom(make_phantom, tmp_path, cut):
    content = make_phantom("axial").paths[0].read_bytes()[:cut]

    assert read_plain(content) is None
    (tmp_path / "cut").write_bytes(content)
    with pytest.raises(Rejected):
        parse_file(tmp_path / "cut")


def test_lengths_that_do_not_add_up_are_left_to_pydicom(make_phantom):
    content = bytearray(make_phantom("axial").paths[0].read_bytes())
    place = content.find(b"\x08\x00\x16\x00UI")
    content[place + 6 : place + 8] = b"\xff\xff"

    assert read_plain(bytes(content)) is None
