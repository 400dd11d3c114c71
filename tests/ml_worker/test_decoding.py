"""The model workers see the frames that a person sees: palettes, films, 12-bit JPEG, damaged ones."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import MPEG4HP41

from backend.imaging.domain.decode import FrameUnreadable, decode_frame
from backend.imaging.domain.parse import parse_file
from backend.imaging.domain.rejections import Rejected
from ml_worker.decoding import LUMA, ImageUnreadable, Instance
from tests.backend.imaging.test_films import COUNT, film_file, stream_of

SHIPPED = sorted((Path(pydicom.__file__).parent / "data").rglob("*.dcm"))
DAMAGE = """
import sys, warnings
from ml_worker.decoding import ImageUnreadable, Instance
warnings.simplefilter("ignore")
try:
    print(Instance(open(sys.argv[1], "rb").read()).frame(1).shape)
except ImageUnreadable:
    print("ImageUnreadable")
"""


def shipped(name):
    return Path(pydicom.data.get_testdata_file(name, download=False))


def test_a_palette_is_seen_in_its_colours():
    path = shipped("examples_palette.dcm")
    dataset = pydicom.dcmread(path)
    colours = apply_color_lut(dataset.pixel_array, dataset) >> 8

    seen = Instance(path.read_bytes()).frame(1)

    np.testing.assert_allclose(seen, colours.astype(np.float32) @ LUMA, atol=1e-3)


def test_what_ships_with_pydicom_is_seen_as_the_backend_shows_it():
    """Every image that Limn takes in can be asked of a model."""
    compared = 0
    for path in SHIPPED:
        try:
            parsed = parse_file(path)
            if parsed.pixels is None:
                continue
            shown = decode_frame(path, parsed.transfer_syntax_uid, 1)
        except (Rejected, FrameUnreadable):
            continue
        if shown.ndim == 3:
            seen = Instance(path.read_bytes()).frame(1)
            np.testing.assert_allclose(seen, shown.astype(np.float32) @ LUMA, atol=1e-2)
            compared += 1
        else:
            assert Instance(path.read_bytes()).frame(1).shape == shown.shape
            compared += 1
    assert compared > 60


def test_frames_of_a_film_are_seen_in_any_order(tmp_path):
    film = Instance(film_file(tmp_path / "film", stream_of("libx264"), MPEG4HP41).read_bytes())

    for number in (1, 2, 6, COUNT, 3):
        np.testing.assert_allclose(film.frame(number), 20 + 25 * (number - 1), atol=4)
    with pytest.raises(ImageUnreadable):
        film.frame(COUNT + 1)


@pytest.mark.parametrize("place", ["table", "size"])
def test_a_jpeg_that_would_end_the_worker_is_refused(place, tmp_path):
    content = bytearray(shipped("SC_rgb_dcmtk_+eb+cr.dcm").read_bytes())
    second = content.index(b"\xff\xc4", content.index(b"\xff\xc4") + 2)
    content[{"table": second + 1, "size": content.index(b"\xff\xc0") + 6}[place]] ^= 0x2B
    (tmp_path / "damaged.dcm").write_bytes(content)

    read = subprocess.run(
        [sys.executable, "-c", DAMAGE, str(tmp_path / "damaged.dcm")],
        check=False,
        capture_output=True,
        text=True,
    )

    assert read.returncode == 0, read.stderr
    assert read.stdout.strip() in {"ImageUnreadable", "(100, 100)"}
