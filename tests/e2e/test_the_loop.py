"""The whole loop in a real browser on the demo cohort, down to the exported voxels."""

import json
import re
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from fixtures.phantoms import phantom
from tests.e2e import exported
from tests.e2e.outside import export, frame_facts
from tests.e2e.station import Station

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
PROJECT = "Abdominal organs, CT"
MINUTES_MS = 15 * 60_000
# Processor seconds: the loop has to close here, how good the model becomes is the bench's matter.
SHORT_TRAINING = {"max_seconds": 60}


def test_upload_then_a_new_project_then_its_first_task(person, tmp_path):
    manager = person("manager")
    page = manager.page
    made = phantom("oblique", tmp_path, owner="loop")
    (tmp_path / "letter.txt").write_text("not an image")

    page.goto("/uploads")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([*made.paths, tmp_path / "letter.txt"])
    files = page.get_by_role("region", name="Files")
    expect(files.get_by_text("Stored").first).to_be_visible()
    page.get_by_role("radiogroup", name="Show").or_(page.get_by_label("Show")).first.wait_for()
    page.get_by_text("Rejected", exact=True).first.click()
    expect(files.get_by_text("letter.txt")).to_be_visible()
    expect(files.get_by_text("DICOM", exact=False).last).to_be_visible()

    page.goto("/projects/new")
    page.get_by_role("textbox", name="Name").fill("Phantom organs")
    page.get_by_role("button", name="Next: Labels").click()
    page.get_by_role("button", name="Add a segment").click()
    page.get_by_role("region", name="Segments").get_by_role("textbox").first.fill("Sphere")
    page.get_by_role("button", name="Next: Studies").click()
    page.get_by_role("textbox", name="Search studies").fill(made.header.patient_id)
    expect(page.get_by_role("checkbox", name=re.compile("^Choose")).first).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("^Choose")).first.check()
    page.get_by_role("button", name="Next: People").click()
    page.get_by_role("button", name="Make the project").click()
    expect(page.get_by_role("heading", name="Phantom organs")).to_be_visible()

    assert manager.faults == []


def test_draw_click_submit_train_accept_release_and_export(person, limn):
    annotator = person("annotator")
    first = _draw_and_submit(annotator)

    scientist = person("scientist")
    _train_and_activate(scientist, limn)

    _accept_a_proposal(annotator)

    _release_and_compare(scientist, limn, first)
    assert annotator.faults == []
    assert scientist.faults == []


def _open_next(annotator) -> Station:
    page = annotator.page
    page.goto("/work")
    page.get_by_role("button", name="Next task").wait_for()
    choice = page.get_by_label("Project", exact=True).first
    if choice.count() and choice.input_value() != PROJECT:
        choice.click()
        page.get_by_role("option", name=PROJECT).click()
    page.get_by_role("button", name="Next task").click()
    return Station(page).wait_open()


def _draw_and_submit(annotator):
    """Brush the aorta's place, click the liver, answer, submit; return what was drawn."""
    station = _open_next(annotator)
    page = annotator.page
    frame = station.wait_frame()
    facts = frame_facts(annotator.limn.client(annotator.email), station.task_id, frame)
    page.keyboard.press("4")
    station.tool("Brush")
    station.stroke((100, 90), (120, 96))
    station.wait_saved()
    brushed = station.labels(frame, facts.shape)
    assert brushed[90, 100] == brushed[96, 120] == 4
    assert brushed[104, 100] == 0

    _smart_click(station, (70, 80))
    labels = station.labels(frame, facts.shape)
    assert (labels == 1).sum() > 30
    page.keyboard.press("Control+z")
    station.wait_saved()
    assert np.array_equal(station.labels(frame, facts.shape), brushed)
    page.keyboard.press("Control+y")
    station.wait_saved()
    assert np.array_equal(station.labels(frame, facts.shape), labels)

    station.answer("Good")
    station.wait_saved()
    station.submit_and_wait_for_next()
    return facts, labels


def _smart_click(station: Station, voxel: tuple[int, int]) -> None:
    page = station.page
    page.keyboard.press("1")
    station.tool("Smart click")
    page.wait_for_function("window.__limn.smart === 'ready'", timeout=120_000)
    page.mouse.click(*station.at(*voxel))
    page.wait_for_function("window.__limn.smartMs !== null", timeout=60_000)
    page.keyboard.press("a")
    station.wait_saved()


def _train_and_activate(scientist, limn) -> None:
    page = scientist.page
    page.goto("/projects")
    page.get_by_role("link", name=re.compile(PROJECT)).first.click()
    page.get_by_role("tab", name="Model").click()
    page.route("**/train", lambda route: route.continue_(post_data=json.dumps(SHORT_TRAINING)))
    page.get_by_role("button", name="Train a version").click()
    activate = page.get_by_role("button", name="Activate").first
    retire = page.get_by_role("button", name="Retire").first
    expect(activate.or_(retire).first).to_be_visible(timeout=MINUTES_MS)
    if activate.is_visible():
        activate.click()
        expect(retire).to_be_visible()
    _wait_for_proposals(limn, scientist.email)


def _wait_for_proposals(limn, email) -> None:
    """Wait until the queue has followed: the next task says why it comes."""
    with limn.client(email) as client:
        projects = client.get("/api/v1/projects").json()["results"]
        project = next(p for p in projects if p["name"] == PROJECT)
        for _ in range(240):
            progress = client.get(f"/api/v1/projects/{project['id']}/progress").json()
            if progress["queue_next"] and progress["queue_next"][0]["why"]:
                return
            time.sleep(1)
    raise AssertionError("no task was scored by the new model")


def _accept_a_proposal(annotator) -> None:
    station = _open_next(annotator)
    page = annotator.page
    page.keyboard.press("Shift+A")
    expect(
        page.get_by_role("region", name="Segments").get_by_text(re.compile(r"\d ml")).first
    ).to_be_visible()
    station.wait_saved()
    station.answer("Good")
    station.wait_saved()
    station.submit_and_wait_for_next()


def _release_and_compare(scientist, limn, first) -> None:
    facts, labels = first
    page = scientist.page
    page.get_by_role("tab", name="Releases").click()
    page.get_by_role("button", name="New release").click()
    page.get_by_role("textbox", name="Name").fill("First round")
    page.get_by_role("button", name="Freeze the release").click()
    expect(page).to_have_url(re.compile(r"/releases/[0-9a-f-]{36}"))
    release_id = page.url.rsplit("/", 1)[-1]
    page.get_by_role("button", name=re.compile("DICOM SEG")).click()
    expect(page.get_by_text(re.compile(r"([\d,.\s]+) of \1 read back equal"))).to_be_visible(
        timeout=MINUTES_MS
    )

    client = limn.client(scientist.email)
    segs = exported.files(export(client, release_id, "dicom-seg"), ".dcm")
    mine = {n: f for n, f in segs.items() if exported.seg_series_uid(f) == facts.series_uid}
    assert len(mine) == 1
    name, seg = mine.popitem()
    ids = {"Liver": 1, "Aorta": 4}
    assert np.array_equal(exported.seg_labels_at(seg, facts.sop_uid, facts.shape, ids), labels)

    niftis = exported.files(export(client, release_id, "nifti"), "-labels.nii.gz")
    stem = name.rsplit("/", 1)[-1].split(".")[0]
    nifti = next(f for n, f in niftis.items() if stem in n)
    assert exported.nifti_voxels(nifti) == (labels > 0).sum()
    for i, j in ((100, 90), (120, 96), (100, 104)):
        assert exported.nifti_label_at(nifti, facts.voxel_mm_lps(i, j)) == labels[j, i]
