"""Closed tabs, dead networks, restarted servers, two tabs: reopen, and nothing is missing."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from fixtures.phantoms import phantom
from tests.e2e.outside import frame_facts
from tests.e2e.station import Station
from tests.e2e.world import make_project, open_task_ids

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
ANNOTATOR = "annotator@limn.example"


@pytest.fixture(scope="module")
def tasks(limn, tmp_path_factory):
    """Three tasks of a project of its own: axial, anisotropic, flipped."""
    admin = limn.client("admin@limn.example")
    uids = []
    for name in ("axial", "anisotropic", "flipped"):
        folder = tmp_path_factory.mktemp(name)
        made = phantom(name, folder, owner="lost")
        limn.manage("ingest", str(folder))
        uids.append(made.header.study_uid)
    return open_task_ids(admin, make_project(admin, "Nothing is lost", uids, ANNOTATOR))


def _begin(annotator, task_id, *points):
    """Open a task and draw a first stroke; return the station, the frame and its labels."""
    station = Station(annotator.page).open(task_id)
    frame = station.wait_frame()
    facts = frame_facts(annotator.limn.client(annotator.email), task_id, frame)
    station.tool("Brush")
    station.stroke(*points)
    return station, frame, facts.shape


def test_edits_made_without_network_are_kept_through_a_closed_tab(person, tasks):
    annotator = person("annotator")
    station, frame, shape = _begin(annotator, tasks[0], (20, 12), (30, 18))
    station.wait_saved()
    annotator.context.set_offline(True)
    station.stroke((40, 30), (44, 36))
    expect(annotator.page.get_by_text(re.compile(r"Offline, \d+ edits? kept"))).to_be_visible()
    drawn = station.labels(frame, shape)
    assert drawn[12, 20]
    assert drawn[36, 44]

    annotator.page.close()
    annotator.context.set_offline(False)
    page = annotator.context.new_page()
    page.goto(f"/work/{tasks[0]}")
    again = Station(page).wait_open()

    again.wait_saved()
    assert np.array_equal(again.labels(frame, shape), drawn)


def test_a_server_killed_while_saving_loses_nothing(person, tasks, limn):
    annotator = person("annotator")
    station, frame, shape = _begin(annotator, tasks[1], (22, 14), (34, 20))
    limn.kill("web")
    station.stroke((12, 30), (18, 38))
    drawn = station.labels(frame, shape)

    station.wait_saved()
    annotator.page.reload()
    again = Station(annotator.page).wait_open()
    again.wait_saved()

    assert np.array_equal(again.labels(frame, shape), drawn)
    annotator.page.keyboard.press("Control+z")
    again.wait_saved()
    assert not np.array_equal(again.labels(frame, shape), drawn)


def test_the_second_tab_is_told_and_taking_over_keeps_both_peoples_work(person, tasks):
    annotator = person("annotator")
    station, frame, shape = _begin(annotator, tasks[2], (20, 12), (30, 18))
    station.wait_saved()
    drawn = station.labels(frame, shape)

    second = annotator.context.new_page()
    second.goto(f"/work/{tasks[2]}")
    expect(second.get_by_text(re.compile("open in another tab"))).to_be_visible()
    second.get_by_role("button", name="Take over").click()
    taken = Station(second).wait_open()

    assert np.array_equal(taken.labels(frame, shape), drawn)
    expect(annotator.page.get_by_text(re.compile("Read only")).first).to_be_visible(timeout=40_000)
