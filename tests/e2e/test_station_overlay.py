"""What a file draws over its own picture (groups 60xx) lies where it says, and can be hidden."""

import numpy as np
import pydicom
import pytest
from playwright.sync_api import expect

from fixtures.phantoms import phantom
from tests.e2e.axe import violations
from tests.e2e.station import Station
from tests.e2e.world import make_project, open_task_ids

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
ANNOTATOR = "annotator@limn.example"
SLICE = 4
ORIGIN = (6, 9)  # row and column of the overlay's first pixel, counted from 1
HOOK = np.array([[1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]], bool)
INK = """([x, y]) => [...document.querySelector('canvas[data-labels]')
  .getContext('2d').getImageData(Math.round(x), Math.round(y), 1, 1).data]"""


@pytest.fixture
def station(person, limn, tmp_path) -> Station:
    """A task on a series of which one slice carries an overlay."""
    made = phantom("anisotropic", tmp_path / "series", owner="overlay")
    _overlay(made.paths[SLICE - 1])
    limn.manage("ingest", str(tmp_path / "series"))
    with limn.client("admin@limn.example") as admin:
        project = make_project(admin, "Overlaid", [made.header.study_uid], ANNOTATOR)
        [task] = open_task_ids(admin, project)
    annotator = person("annotator")
    yield Station(annotator.page).open(task)
    assert annotator.faults == []


def _overlay(path) -> None:
    image = pydicom.dcmread(path)
    rows, columns = HOOK.shape
    for element, vr, value in (
        (0x0010, "US", rows), (0x0011, "US", columns), (0x0040, "CS", "G"),
        (0x0050, "SS", list(ORIGIN)), (0x0100, "US", 1), (0x0102, "US", 0),
        (0x1500, "LO", "Hook"), (0x3000, "OW", np.packbits(HOOK.ravel(), bitorder="little").tobytes()),
    ):  # fmt: skip
        image.add_new((0x6000, element), vr, value)
    image.save_as(path)


def _drawn(station) -> np.ndarray:
    """Return where the layer over the picture is inked, around the overlay: one more each side."""
    box = station.page.locator("canvas[data-picture=true]").bounding_box()
    rows, columns = HOOK.shape
    found = np.zeros((rows + 2, columns + 2), bool)
    for j, i in np.ndindex(found.shape):
        x, y = station.at(ORIGIN[1] - 2 + i, ORIGIN[0] - 2 + j)
        found[j, i] = station.page.evaluate(INK, [x - box["x"], y - box["y"]])[3] > 100
    return found


def test_an_overlay_lies_on_its_own_pixels_and_slice_and_goes_by_a_key(station):
    page = station.page
    shown = page.get_by_role("button", name="Overlay shown")
    station.go_to(SLICE)
    station.wait_frame()

    page.wait_for_function(
        "document.querySelector('canvas[data-labels]').style.visibility === 'visible'"
    )
    np.testing.assert_array_equal(_drawn(station), np.pad(HOOK, 1))
    page.keyboard.press("+")
    np.testing.assert_array_equal(_drawn(station), np.pad(HOOK, 1))
    expect(shown).to_have_attribute("aria-pressed", "true")
    assert violations(page) == []

    station.press("m")
    expect(page.get_by_role("button", name="Overlay hidden")).to_be_visible()
    assert not _drawn(station).any()
    station.press("m")
    expect(shown).to_be_visible()
    assert _drawn(station).any()

    station.go_to(SLICE + 1)
    station.wait_frame()
    assert not _drawn(station).any()
