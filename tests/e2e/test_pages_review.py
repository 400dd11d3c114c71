"""Review: what is submitted waits for a second person, who accepts, corrects or returns it."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.labelled import DEMO, SEGMENTS, submit_square
from tests.e2e.station import Station
from tests.e2e.world import open_task_ids, person_id

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
ANNOTATOR, MANAGER, ADMIN = (f"{who}@limn.example" for who in ("annotator", "manager", "admin"))


@pytest.fixture
def waiting(limn) -> tuple[str, list[str]]:
    """A project's name, and three tasks in it that wait for a review, by number."""
    admin = limn.client(ADMIN)
    name = f"Reviewed {uuid4().hex[:6]}"
    projects = admin.get("/api/v1/projects").raise_for_status().json()["results"]
    demo = next(row["id"] for row in projects if row["name"] == DEMO)
    studies = admin.get("/api/v1/studies", params={"project": demo}).json()["results"]
    people = {ANNOTATOR: "annotator", MANAGER: "reviewer"}
    body = {
        "name": name,
        "schema": {"segments": SEGMENTS},
        "study_ids": [study["id"] for study in studies[:4]],
        "members": [
            {"user_id": person_id(admin, mail), "role": role} for mail, role in people.items()
        ],
    }
    made = admin.post("/api/v1/projects", json=body).raise_for_status().json()
    policy = {**made["policy"], "review_percent": 100}
    admin.patch(f"/api/v1/projects/{made['id']}", json={"policy": policy}).raise_for_status()
    tasks = open_task_ids(admin, made["id"])
    annotator = limn.client(ANNOTATOR)
    for task in tasks[:3]:
        submit_square(annotator, task)
    return name, tasks


def test_a_reviewer_returns_accepts_and_corrects_by_keys_alone(person, waiting, limn):
    name, tasks = waiting
    reviewer = person("manager")
    page = reviewer.page
    page.goto("/work")
    page.get_by_role("button", name=f"Review next in {name}").click()
    review = page.get_by_role("region", name="Review", exact=True)
    expect(review).to_contain_text("Submitted by")
    _shows(page, tasks[0])
    assert violations(page) == []

    page.keyboard.press("Shift+Enter")
    review.get_by_role("textbox", name="What should be changed").fill("The dome is missing.")
    page.keyboard.press("Enter")
    _shows(page, tasks[1])
    page.keyboard.press("Enter")
    _shows(page, tasks[2])
    page.keyboard.press("Shift+F")
    station = Station(page).wait_open()
    station.submit_and_wait_for_next()

    client = limn.client(ADMIN)
    states = [client.get(f"/api/v1/tasks/{task}").json()["state"] for task in tasks[:3]]
    assert states == ["returned", "accepted", "accepted"]
    assert reviewer.faults == []


def test_the_annotator_reads_the_reviewers_words_and_works_on(person, waiting, limn):
    _, tasks = waiting
    verdict = {"verdict": "return", "reason": "Slice 3: too wide."}
    limn.client(MANAGER).post(f"/api/v1/tasks/{tasks[0]}/review", json=verdict).raise_for_status()
    annotator = person("annotator")
    page = annotator.page
    page.goto("/work")
    returned = page.get_by_role("region", name="Returned, with the reviewer's words")
    line = returned.get_by_role("link").filter(has_text="Slice 3: too wide.").first
    expect(line).to_be_visible()

    page.goto(f"/work/{tasks[0]}")
    Station(page).wait_open()

    expect(page.get_by_text("Returned: Slice 3: too wide.")).to_be_visible()
    assert annotator.faults == []


def test_many_tasks_are_assigned_and_accepted_at_once(person, waiting, limn):
    name, tasks = waiting
    admin = person("admin")
    page = admin.page
    page.goto("/projects")
    page.get_by_role("link", name=re.compile(name)).first.click()
    page.get_by_role("tab", name="Tasks").click()
    page.get_by_role("checkbox", name="Choose all tasks shown").check()
    chosen = page.get_by_role("region", name="Actions for the chosen tasks")
    expect(chosen).to_contain_text(f"{len(tasks)} tasks chosen")
    assert violations(page) == []

    chosen.get_by_role("textbox", name="Assign to").or_(
        chosen.get_by_role("combobox", name="Assign to")
    ).first.click()
    people = limn.client(ADMIN).get("/api/v1/users", params={"search": ANNOTATOR}).json()
    page.get_by_role("option", name=people["results"][0]["name"]).click()
    chosen.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_text(f"{len(tasks) - 3} task")).to_be_visible()
    chosen.get_by_role("button", name="Accept 3").click()
    expect(page.get_by_text("3 tasks accepted.")).to_be_visible()

    client = limn.client(ADMIN)
    rows = [client.get(f"/api/v1/tasks/{task}").json() for task in tasks]
    assert [row["state"] for row in rows[:3]] == ["accepted"] * 3
    assert all(row["is_reserved"] for row in rows[3:])
    assert admin.faults == []


def _shows(page, task: str) -> None:
    expect(page).to_have_url(re.compile(task))
    expect(page.get_by_role("region", name="Review", exact=True)).to_be_visible(timeout=60_000)
    Station(page).wait_frame()
    page.wait_for_load_state("networkidle")
