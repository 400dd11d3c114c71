"""Pictures with brightness tables and curves of their own are shown exactly so, on either renderer."""

import io
import re
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import expect
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut, apply_windowing

from fixtures.phantoms import phantom
from tests.e2e.axe import violations
from tests.e2e.station import Station
from tests.e2e.world import make_project, open_task_ids

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
ANNOTATOR = "annotator@limn.example"
SLICE, BLOCK = 4, 8
COLOURED = -999  # no grey: a menu still lies over the picture
# Chromium draws by the processor here; told that it has a graphics card, the station uses WebGL.
GRAPHICS_CARD = """
for (const kind of [WebGLRenderingContext, WebGL2RenderingContext]) {
  const real = kind.prototype.getParameter;
  kind.prototype.getParameter = function (name) {
    return name === 0x9246 || name === 0x1F01 ? 'A graphics card' : real.call(this, name);
  };
}"""
RNG = np.random.default_rng(7)
WILD = RNG.integers(0, 4096, 900)  # no renderer guesses between its entries
TEETH = np.arange(65536) * 53 % 65536  # one for each value of 16 bits


def _table(name: str, first: int, entries, bits: int) -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, "SS" if first < 0 else "US", [len(entries) % 65536, first, bits])
    item.add_new(0x00283003, "LO", name)
    item.add_new(0x00283006, "OW", np.asarray(entries).astype("<u2").tobytes())
    return item


def _blocks(path: Path) -> pydicom.FileDataset:
    """Give a slice even blocks of values, from below the tables to above them."""
    image = pydicom.dcmread(path)
    rows, columns = image.Rows // BLOCK, image.Columns // BLOCK
    values = np.linspace(-700, 500, rows * columns).astype(np.int16).reshape(rows, columns)
    stored = (values - image.get("RescaleIntercept", 0)) / image.get("RescaleSlope", 1)
    image.PixelData = np.kron(stored, np.ones((BLOCK, BLOCK))).astype(np.int16).tobytes()
    return image


@pytest.fixture(params=["processor", "graphics card"])
def open_series(request, person, limn, tmp_path):
    """Return a function that takes a series in, changed slice by slice, and opens a task on it."""
    opened = []

    def open_changed(owner: str, change) -> tuple[Station, dict[int, pydicom.FileDataset]]:
        made = phantom("axial", tmp_path / owner, owner=f"{owner}-{request.param}")
        images = {}
        for number, path in enumerate(made.paths, start=1):
            images[number] = _blocks(path)
            change(number, images[number])
            images[number].save_as(path)
        limn.manage("ingest", str(tmp_path / owner))
        with limn.client("admin@limn.example") as admin:
            project = make_project(admin, owner, [made.header.study_uid], ANNOTATOR)
            [task] = open_task_ids(admin, project)
        annotator = person("annotator")
        opened.append(annotator)
        if request.param == "graphics card":
            annotator.page.add_init_script(GRAPHICS_CARD)
        return Station(annotator.page).open(task), images

    yield open_changed
    assert [annotator.faults for annotator in opened] == [[] for _ in opened]


def _shown(station: Station) -> np.ndarray:
    """Return the grey at the middle of each block on the screen."""
    page = station.page
    page.mouse.move(2, 2)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => "
                  "requestAnimationFrame(done)))")  # fmt: skip
    rows, columns = page.evaluate("window.__limn.shape")
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        screen = np.asarray(picture.convert("RGB"), int)
    middles = np.indices((rows // BLOCK, columns // BLOCK)).reshape(2, -1).T
    found = []
    for j, i in middles * BLOCK + (BLOCK - 1) / 2:
        x, y = station.at(i, j)
        red, green, blue = screen[round(y), round(x)]
        found.append(red if red == green == blue else COLOURED)
    return np.array(found).reshape(rows // BLOCK, columns // BLOCK)


def _values(image: pydicom.FileDataset) -> np.ndarray:
    values = apply_modality_lut(image.pixel_array, image)[::BLOCK, ::BLOCK]
    return np.rint(values).astype(np.int64)


def _through(image: pydicom.FileDataset, index: int = 0) -> np.ndarray:
    """Return what the reference makes of the blocks by a table, as greys."""
    bits = image.VOILUTSequence[index].LUTDescriptor[2]
    grey = apply_voi_lut(_values(image), image, index) / (2**bits - 1) * 255
    return 255 - grey if image.PhotometricInterpretation == "MONOCHROME1" else grey


def _windowed(image: pydicom.FileDataset, level: float, width: float) -> np.ndarray:
    """Return the greys of the blocks along a straight line."""
    grey = np.clip((_values(image) - level) / width + 0.5, 0, 1) * 255
    return 255 - grey if image.PhotometricInterpretation == "MONOCHROME1" else grey


def _middle_is_free(shown: np.ndarray) -> tuple[slice, slice]:
    """Return the blocks that no words of the corners lie on."""
    return slice(1, shown.shape[0] - 1), slice(1, shown.shape[1] - 1)


def assert_greys(station: Station, expected: np.ndarray) -> None:
    """Compare with the screen, once it has settled."""
    for _ in range(20):
        shown = _shown(station)
        part = _middle_is_free(shown)
        if np.abs(shown[part] - expected[part]).max() <= 1:
            return
        station.page.wait_for_timeout(100)
    np.testing.assert_allclose(shown[part], expected[part], atol=1)


@pytest.fixture(params=["MONOCHROME2", "MONOCHROME1"])
def tabled(request, open_series) -> tuple[Station, dict[int, pydicom.FileDataset]]:
    """A task on slices that each bring a window, a table of their own and one of all values."""

    def change(number, image):
        image.PhotometricInterpretation = request.param
        image.WindowCenter, image.WindowWidth = 40, 400
        own = _table("Normal", -600, (WILD + number) % 4096, 12)
        image.VOILUTSequence = [own, _table("Wide", -32768, TEETH, 16)]

    return open_series(f"own tables {request.param}", change)


def test_pictures_are_seen_through_their_own_tables(tabled):
    station, images = tabled
    look = station.page.get_by_title("Window presets")
    station.go_to(SLICE)
    expect(look).to_have_text("VOI LUT: Normal")
    assert_greys(station, _through(images[SLICE]))
    assert violations(station.page) == []

    station.go_to(SLICE + 1)
    assert_greys(station, _through(images[SLICE + 1]))

    station.press("Shift+Digit2")
    expect(look).to_have_text("VOI LUT: Wide")
    assert_greys(station, _through(images[SLICE + 1], 1))


@pytest.mark.parametrize("tabled", ["MONOCHROME2"], indirect=True)
def test_a_window_takes_the_place_of_a_table_and_the_table_comes_back(tabled):
    station, images = tabled
    page, image = station.page, images[SLICE]
    look = page.get_by_title("Window presets")
    station.go_to(SLICE)
    page.keyboard.press("+")
    place = station.at(20, 20)

    page.mouse.move(*place)
    page.mouse.down(button="right")
    page.mouse.move(place[0] + 30, place[1] + 12, steps=8)
    page.mouse.up(button="right")
    expect(look).to_have_text(re.compile(r"^W \d+ L -?\d+$"))
    width, level = (int(word) for word in re.findall(r"-?\d+", look.inner_text()))
    assert station.at(20, 20) == pytest.approx(place, abs=0.01)
    page.keyboard.press("-")
    assert_greys(station, _windowed(image, level, width))

    station.press("Shift+Digit3")
    expect(look).to_have_text("W 400 L 40")
    assert_greys(station, _windowed(image, 39.5, 399))
    look.click()
    page.get_by_role("menuitem", name="VOI LUT: Normal").click()
    expect(look).to_have_text("VOI LUT: Normal")
    assert_greys(station, _through(image))


@pytest.mark.parametrize("function", ["SIGMOID", "LINEAR_EXACT", "LINEAR"])
def test_a_window_is_seen_by_the_function_that_the_file_names(open_series, function):
    def change(_, image):
        image.WindowCenter, image.WindowWidth, image.VOILUTFunction = -60, 90, function

    station, images = open_series(f"window {function}", change)
    station.go_to(SLICE)
    image = images[SLICE]
    low, high = apply_windowing(np.array([-2000.0, 2000.0]), image)

    assert_greys(station, (apply_windowing(_values(image), image) - low) / (high - low) * 255)
    expect(station.page.get_by_title("Window presets")).to_have_text(
        "W 90 L -60 sigmoid" if function == "SIGMOID" else "W 90 L -60"
    )
