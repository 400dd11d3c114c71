"""Working at the station: layers, looks, questions, history, ways to end a task, odd pictures."""

import re
import time
from pathlib import Path

import numpy as np
import pydicom
import pytest
from playwright.sync_api import expect
from pydicom.uid import generate_uid

from fixtures.phantoms import phantom
from fixtures.pydicom_samples import sample_paths
from tests.e2e.station import Station
from tests.e2e.world import EVERYTHING, make_project, open_task_ids

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
ANNOTATOR = "annotator@limn.example"
SHAPE = (48, 64)
# What each kind of work is done on.
ON = {
    "layers": "axial",
    "history": "gapped",
    "questions": "flipped",
    "keyboard": "flipped",
    "skipped": "multiframe",
    "reported": "gapped",
}
PICTURES = ("examples_rgb_color.dcm", "examples_palette.dcm", "examples_ybr_color.dcm")


@pytest.fixture(scope="module")
def client(limn):
    """The annotator over the API."""
    with limn.client(ANNOTATOR) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def world(limn, tmp_path_factory) -> dict[str, str]:
    """Tasks by what they are on: phantoms, a MONOCHROME1 picture, coloured ones, a cine."""
    folder = tmp_path_factory.mktemp("work")
    names = ("axial", "flipped", "gapped", "multiframe")
    made = {name: phantom(name, folder / name, owner="work").header.study_uid for name in names}
    uids = {work: made[name] for work, name in ON.items()}
    uids["inverted"] = _inverted(folder)
    limn.manage("ingest", str(folder))
    for path in sample_paths():
        if path.name in PICTURES:
            header = pydicom.dcmread(path, stop_before_pixels=True)
            uids[path.name] = str(header.StudyInstanceUID)
    tasks = {}
    with limn.client("admin@limn.example") as admin:
        for name, uid in uids.items():
            project = make_project(admin, f"Work {name}", [uid], ANNOTATOR, EVERYTHING)
            tasks[name] = open_task_ids(admin, project)[0]
    return tasks


def _inverted(folder: Path) -> str:
    """Write a picture whose stored values grow to the right, shown inverted; return its study."""
    made = phantom("axial", folder / "pattern", owner="pattern")
    dataset = pydicom.dcmread(made.paths[0])
    for path in made.paths:
        path.unlink()
    ramp = np.tile(np.arange(SHAPE[1], dtype=np.uint16) * 16, (SHAPE[0], 1))
    dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.PixelData = ramp.tobytes()
    dataset.RescaleSlope, dataset.RescaleIntercept = "1", "0"
    dataset.WindowCenter, dataset.WindowWidth = "512", "1024"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.PatientID = "LIMN-INVERTED"
    dataset.save_as(folder / "inverted.dcm", enforce_file_format=True)
    return str(dataset.StudyInstanceUID)


@pytest.fixture
def annotator(person):
    somebody = person("annotator")
    yield somebody
    assert somebody.faults == []


def _draw_target_and_vessel(station: Station, slice_number: int) -> list[np.ndarray]:
    """Brush two discs that share voxels, in two layers; return both."""
    frame = station.go_to(slice_number)
    station.press("b")
    for segment, i in (("1", 24), ("3", 28)):
        station.press(segment)
        station.click(i, 24)
    return [station.labels(frame, SHAPE, layer) for layer in (0, 3)]


def test_overlapping_segments_share_voxels_and_locked_ones_stay(annotator, client, world):
    station = Station(annotator.page).open(world["layers"])
    layers = _draw_target_and_vessel(station, 5)
    frame = station.frame
    assert ((layers[0] == 1) & (layers[1] == 3)).any()

    station.press("1")
    station.press("j")
    station.press("2")
    station.click(28, 24)
    after = station.labels(frame, SHAPE)
    assert np.array_equal(after == 1, layers[0] == 1)
    assert (after == 2).sum() > 10
    station.press("1")
    station.click(40, 10)
    expect(annotator.page.get_by_text("Target is locked.")).to_be_visible()
    assert station.labels(frame, SHAPE)[10, 40] == 0
    station.press("j")
    station.press("e")
    annotator.page.get_by_role("checkbox", name=re.compile("Every unlocked segment")).check()
    station.stroke((24, 24), (30, 24))
    assert not station.labels(frame, SHAPE)[22:27, 24:30].any()
    assert not station.labels(frame, SHAPE, 3)[22:27, 24:30].any()
    station.wait_saved()
    assert station.stored(client).voxels(3) == station.voxels(3)


def test_a_segment_is_shown_alone_or_not_at_all_and_space_shows_the_bare_picture(annotator, world):
    station = Station(annotator.page).open(world["layers"])
    _draw_target_and_vessel(station, 7)
    every = station.painted()
    station.press("o")
    alone = station.painted()
    station.press("o")
    station.press("h")
    without = station.painted()
    station.press("h")
    assert 0 < alone < every
    assert 0 < without < every
    annotator.page.keyboard.down("Space")
    annotator.page.wait_for_function(
        "getComputedStyle(document.querySelector('canvas[data-labels]')).visibility === 'hidden'"
    )
    annotator.page.keyboard.up("Space")
    assert station.painted() == every


def test_a_fill_of_patterns_and_of_another_strength_is_remembered(annotator, world):
    station = Station(annotator.page).open(world["layers"])
    station.go_to(9)
    station.press("b")
    station.press("1")
    station.click(32, 24)
    plain = station.color_at(32, 24)
    annotator.page.get_by_role("slider", name="Opacity of the fill").fill("0.9")
    assert station.color_at(32, 24) != plain
    station.press("w")
    looks = {station.color_at(i, 24) for i in range(29, 36)}
    assert len(looks) > 1
    annotator.page.reload()
    station.wait_open()
    patterns = annotator.page.get_by_role("button", name="Patterns in the fill")
    expect(patterns).to_have_attribute("aria-pressed", "true")
    expect(annotator.page.get_by_role("slider", name="Opacity of the fill")).to_have_value("0.9")


def test_questions_are_answered_undone_and_asked_for_before_the_work_is_in(
    annotator, client, world
):
    page = annotator.page
    station = Station(page).open(world["questions"])
    form = page.get_by_role("region", name="Questions")
    station.press("Enter")
    expect(page.get_by_text("Please answer: Quality").first).to_be_visible()
    assert all("422" in fault for fault in annotator.faults)
    annotator.faults.clear()
    expect(form.get_by_text("Why is it poor?")).to_have_count(0)
    station.answer("Poor")
    for reason in ("Noise", "Motion"):
        form.get_by_role("checkbox", name=reason).check()
    form.get_by_label("Largest size").fill("12")
    form.get_by_label("Note").fill("Zwei Schläge, ein Atemzug")
    station.press("v")
    station.wait_saved()
    answers = station.stored(client).state["answers"]
    assert answers["quality"] == "poor"
    assert sorted(answers["why"]) == ["move", "noise"]
    assert (answers["size"], answers["note"]) == (12, "Zwei Schläge, ein Atemzug")
    station.press("Control+z")
    station.press("Control+z")
    station.wait_saved()
    answers = station.stored(client).state["answers"]
    assert answers.get("note") is None
    assert answers.get("size") is None
    expect(form.get_by_label("Note")).to_have_value("")


def test_an_earlier_revision_is_previewed_and_restored(annotator, client, world):
    page = annotator.page
    station = Station(page).open(world["history"])
    frame = station.go_to(3)
    station.press("b")
    station.click(20, 20)
    station.wait_saved()
    first = station.labels(frame, SHAPE)
    number = station.stored(client).state["number"]
    station.click(40, 30)
    station.wait_saved()
    second = station.labels(frame, SHAPE)
    station.press("u")
    history = page.get_by_role("region", name="History")
    row = history.get_by_role("button", name=re.compile(f"Restore revision {number}"))
    expect(history.get_by_role("img").first).to_be_visible()
    both = station.painted()
    row.hover()
    page.wait_for_function("window.__limn.past !== null")
    assert 0 < station.painted() < both
    assert np.array_equal(station.labels(frame, SHAPE), second)
    page.mouse.move(*station.at(32, 40))
    page.wait_for_function("window.__limn.past === null")
    assert station.painted() == both
    row.click()
    page.wait_for_function("(n) => window.__limn.voxels(1) === n", arg=int((first == 1).sum()))
    assert np.array_equal(station.labels(frame, SHAPE), first)
    assert station.stored(client).voxels(1) == (first == 1).sum()


def test_a_task_is_skipped_with_a_reason_and_another_reported(annotator, client, world):
    page = annotator.page
    for name, key, title, words, field in (
        ("skipped", "Shift+S", "Skip", "I know this patient", "skip_reason"),
        ("reported", "Shift+P", "Report", "Two slices are missing", "problem_text"),
    ):
        station = Station(page).open(world[name])
        station.press(key)
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("button", name=title)).to_be_disabled()
        dialog.get_by_role("textbox").fill(words)
        dialog.get_by_role("button", name=title).click()
        page.wait_for_url(re.compile(r"/work(\?|$)"))
        task = client.get(f"/api/v1/tasks/{world[name]}").json()
        assert task[field] == words
        assert task["state"] in {"skipped", "problem"}


def test_inverted_coloured_and_placeless_pictures_are_shown_and_drawn_on(annotator, client, world):
    page = annotator.page
    station = Station(page).open(world["inverted"])
    station.wait_frame()
    left, right = station.color_at(6, 24), station.color_at(58, 24)
    assert left[0] > 180
    assert right[0] < 80
    station.press("b")
    station.click(32, 24)
    station.wait_saved()
    assert station.stored(client).voxels(1) > 10

    for name in PICTURES:
        station = Station(page).open(world[name])
        frame = station.wait_frame()
        rows, columns = page.evaluate("window.__limn.shape")
        picture = page.screenshot()
        assert len(picture) > 20_000
        station.press("r")
        station.stroke((10.5, 20.5), (40.5, 60.5))
        station.wait_saved()
        stored = station.stored(client)
        labels = stored.labels(frame)
        assert labels.shape == (rows, columns)
        assert labels.sum() == 30 * 40
        station.press("l")
        station.stroke((20, 30), (20, 90))
        station.wait_saved()
        (line,) = station.stored(client).shapes("length")
        assert np.abs(np.array(line["points_ij"]) - [[20, 30], [20, 90]]).max() < 1
    expect(page.get_by_role("region", name="Shapes")).to_contain_text(
        re.compile(r"\d+\.\d (px|mm)")
    )


def _picture_of(station: Station) -> bytes:
    """Return the picture with its labels as it looks once it has its size and all is loaded."""
    station.page.mouse.move(0, 0)
    station.page.wait_for_function(
        """() => [...document.querySelectorAll('section[aria-label=Picture] canvas')].every(
            (canvas) => !canvas.checkVisibility({ visibilityProperty: true })
                || (canvas.width === canvas.clientWidth && canvas.height === canvas.clientHeight))"""
    )
    region = station.page.get_by_role("region", name="Picture", exact=True)
    expect(region.get_by_text(re.compile(r"\d loaded$"))).to_have_count(0)
    return region.screenshot()


def _becomes(station: Station, wanted: bytes) -> bool:
    """Wait until the picture looks as it did; whether it does (bytes would be compared at length)."""
    until = time.monotonic() + 15
    while _picture_of(station) != wanted:
        if time.monotonic() > until:
            return False
        station.page.wait_for_timeout(100)
    return True


def test_two_pictures_side_by_side_scroll_apart_or_together(annotator, world):
    page = annotator.page
    station = Station(page).open(world["layers"])
    station.go_to(4)
    alone = _picture_of(station)
    station.press("Tab")
    page.wait_for_function("window.__limn.besideSlice === 3")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("window.__limn.slice === 4")
    assert page.evaluate("window.__limn.besideSlice") == 3
    station.press("n")
    page.wait_for_function("window.__limn.besideSlice === 4")
    beside = page.locator("canvas[data-picture=beside]").bounding_box()
    page.mouse.move(beside["x"] + 200, beside["y"] + 300)
    page.mouse.wheel(0, 100)
    page.wait_for_function("window.__limn.slice === 5 && window.__limn.besideSlice === 5")
    station.press("Tab")
    expect(page.get_by_role("complementary", name="Labels")).to_be_hidden()
    station.press("Tab")
    expect(page.get_by_role("complementary", name="Labels")).to_be_visible()
    expect(page.locator("canvas[data-picture=beside]")).to_have_count(0)
    station.go_to(4)
    assert _becomes(station, alone)
    page.set_viewport_size({"width": 1280, "height": 720})
    is_other = _picture_of(station) != alone
    assert is_other
    page.set_viewport_size({"width": 1440, "height": 900})
    assert _becomes(station, alone)


def test_the_keyboard_alone_opens_draws_answers_and_hands_in(annotator, client, world):
    """Tools need the hand; everything around them does not."""
    page = annotator.page
    station = Station(page).open(world["keyboard"])
    canvas = page.locator("canvas[data-picture=true]")
    expect(canvas).to_be_focused()
    for key in ("ArrowDown", "PageUp", "End", "Home", "+", "-", "f", "Shift+2", "g", "2", "q"):
        page.keyboard.press(key)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    expect(canvas).not_to_be_focused()
    page.get_by_role("radio", name="Good").focus()
    page.keyboard.press("Space")
    station.wait_saved()
    assert station.stored(client).state["answers"]["quality"] == "good"
    station.press("Enter")
    page.wait_for_url(re.compile(r"/work(\?|$)"))
    assert client.get(f"/api/v1/tasks/{world['keyboard']}").json()["state"] == "submitted"


def test_a_tool_is_lent_while_its_key_is_held(annotator, world):
    page = annotator.page
    station = Station(page).open(world["layers"])
    station.go_to(11)
    rail = page.get_by_role("toolbar", name="Tools")
    station.press("p")
    page.keyboard.down("b")
    page.wait_for_timeout(350)
    station.click(32, 24)
    page.keyboard.up("b")
    expect(rail.get_by_role("button", name="Polygon")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("b")
    expect(rail.get_by_role("button", name="Brush", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
