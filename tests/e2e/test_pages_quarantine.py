"""Quarantine in the browser: a burned-in name is seen, boxed, blanked, and gone from what is stored."""

import re
import time
from io import BytesIO

import numpy as np
import pytest
from playwright.sync_api import expect
from pydicom import dcmread

from tests.e2e.axe import violations
from tests.e2e.burned import FRAMES, burned_picture
from tests.e2e.tiny import tiny_series

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
MANAGER = "manager@limn.example"


@pytest.fixture(autouse=True)
def nothing_waits(limn):
    """Begin with an empty quarantine: of this person, whose files it shows."""
    client = limn.client(MANAGER)
    for row in client.get("/api/v1/quarantine").raise_for_status().json()["results"]:
        url = f"/api/v1/quarantine/{row['id']}/decide"
        client.post(url, json={"decision": "discard"}).raise_for_status()


def test_a_burned_in_name_is_redacted_and_gone_from_what_is_stored(person, limn, tmp_path):
    manager = person("manager")
    page = manager.page
    burned = burned_picture(tmp_path, "ADEYEMI FOLAKE 1961")
    page.goto("/uploads")
    _send(page, burned.path)
    page.get_by_role("link", name="waits in quarantine").click()

    choices = page.get_by_role("complementary", name="What becomes of it")
    expect(choices).to_contain_text("The picture seems to carry text.")
    boxes = choices.get_by_role("region", name="Boxes to blank").get_by_role("listitem")
    expect(boxes.first).to_be_visible()
    picture = _look_through(page)
    assert violations(page) == []
    _draw(page, picture, burned.box)

    waiting = _waiting(limn, MANAGER)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="is being redacted")).to_be_visible()
    page.keyboard.press("z")
    expect(choices).to_be_visible()
    assert _waiting(limn, MANAGER) == waiting
    _draw(page, picture, burned.box)
    boxed = [_numbers(item.inner_text()) for item in boxes.all()]
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    page.goto("/studies")
    _wait_until_nothing_waits(limn)

    _is_gone(_newest(limn, MANAGER), burned, boxed)
    assert manager.faults == []


def _look_through(page):
    picture = page.get_by_role("region", name="Picture")
    expect(picture.locator("image")).to_have_attribute("href", re.compile("^blob:"))
    expect(picture).to_contain_text(f"frame 1 of {FRAMES}")
    page.keyboard.press("]")
    expect(picture).to_contain_text(f"frame 2 of {FRAMES}")
    return picture


def _is_gone(stored, burned, boxed):
    """Every pixel under a box has one value in all frames; every other is as it was sent."""
    under = np.zeros(burned.pixels.shape, bool)
    for top, left, bottom, right in boxed:
        under[:, top:bottom, left:right] = True
    top, left, bottom, right = burned.box
    assert under[:, top:bottom, left:right].all(), boxed
    assert len(np.unique(stored.pixel_array[under])) == 1
    assert (stored.pixel_array[~under] == burned.pixels[~under]).all()
    assert (stored.BurnedInAnnotation, stored.ImageType[0]) == ("NO", "DERIVED")
    assert "Adeyemi" not in str(stored)


def test_boxes_are_drawn_moved_and_removed_and_a_file_is_discarded(person, limn, tmp_path):
    manager = person("manager")
    page = manager.page
    page.goto("/uploads")
    _send(page, burned_picture(tmp_path, "NOVAK JANA").path)
    page.goto("/quarantine")
    choices = page.get_by_role("complementary", name="What becomes of it")
    boxes = choices.get_by_role("region", name="Boxes to blank").get_by_role("listitem")
    expect(boxes.first).to_be_visible()
    found = boxes.count()

    page.keyboard.press("n")
    expect(boxes).to_have_count(found + 1)
    before = _numbers(boxes.last.inner_text())
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    moved = tuple(edge + 1 for edge in before)
    expect(boxes.last).to_contain_text(f"at {moved[1]}, {moved[0]}")
    page.keyboard.press("Delete")
    expect(boxes).to_have_count(found)

    page.keyboard.press("x")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="What was decided").click()
    page.get_by_role("button", name="Discarded").click()
    rows = page.get_by_role("grid", name="Files that were decided about").get_by_role("row")
    expect(rows.nth(1)).to_be_visible()
    assert violations(page) == []
    _wait_until_nothing_waits(limn)
    assert manager.faults == []


def test_a_file_with_anothers_identifier_is_told_apart_in_words(person, limn, tmp_path):
    manager = person("manager")
    page = manager.page
    [stored] = tiny_series(tmp_path / "stored", 1)
    page.goto("/uploads")
    _choose(page, stored)
    expect(page.get_by_role("region", name="Progress of the upload")).to_contain_text("1 stored")
    page.goto("/uploads")
    _choose(page, _rival_of(stored, tmp_path / "rival.dcm"))
    page.get_by_role("link", name="waits in quarantine").click()

    told = page.get_by_role("region", name="Differences from the stored file")
    expect(told).to_contain_text(
        "One attribute differs; 25.0% of the pixels differ, by 900 at most."
    )
    expect(told).to_contain_text(re.compile("Study Description.*Tiny files.*Somebody else's"))
    assert violations(page) == []

    page.keyboard.press("x")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    _wait_until_nothing_waits(limn)
    assert manager.faults == []


def _rival_of(path, target):
    """Write another file under the same identifier: a quarter of its picture is brighter."""
    image = dcmread(path)
    pixels = image.pixel_array.copy()
    pixels[: pixels.shape[0] // 2, : pixels.shape[1] // 2] += 900
    image.PixelData = pixels.tobytes()
    image.StudyDescription = "Somebody else's"
    image.save_as(target)
    return target


def _choose(page, path):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([path])


def _send(page, path):
    page.get_by_role("combobox", name="De-identification").or_(
        page.get_by_role("textbox", name="De-identification")
    ).first.click()
    page.get_by_role("option", name="Basic profile").click()
    _choose(page, path)
    progress = page.get_by_role("region", name="Progress of the upload")
    expect(progress.get_by_text("1 in quarantine")).to_be_visible(timeout=60_000)


def _draw(page, picture, box):
    """Draw a box around another with the mouse."""
    area = picture.locator("svg").bounding_box()
    rows, columns = 360, 480
    scale = min(area["width"] / columns, area["height"] / rows)
    left = area["x"] + (area["width"] - columns * scale) / 2
    top = area["y"] + (area["height"] - rows * scale) / 2
    points = [(box[1] - 6, box[0] - 6), (box[3] + 6, box[2] + 6)]
    (x0, y0), (x1, y1) = [(left + x * scale, top + y * scale) for x, y in points]
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    page.mouse.move(x1, y1)
    page.mouse.up()


def _numbers(text):
    """Return top, left, bottom, right of a line: number, width, height, left, top."""
    _, width, height, left, top = (int(n) for n in re.findall(r"\d+", text))
    return top, left, top + height, left + width


def _waiting(limn, email):
    return limn.client(email).get("/api/v1/quarantine").raise_for_status().json()["total"]


def _wait_until_nothing_waits(limn):
    """Wait for a decision to be carried out: it can be undone for some seconds."""
    until = time.monotonic() + 30
    while _waiting(limn, MANAGER):
        assert time.monotonic() < until, "the decision was never carried out"
        time.sleep(0.5)


def _newest(limn, email):
    client = limn.client(email)
    study = client.post("/api/v1/studies/search", json={}).json()["results"][0]
    url = f"/dicomweb/studies/{study['uid']}"
    answer = client.get(url, headers={"Accept": 'multipart/related; type="application/dicom"'})
    body = answer.raise_for_status().content
    start = body.index(b"DICM") - 128
    return dcmread(BytesIO(body[start : body.rindex(b"\r\n--")]))
