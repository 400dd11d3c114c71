"""Every screen, dark and light, small and large: readable by all, quiet, and within its window."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import COLOURS, violations
from tests.e2e.conftest import Person
from tests.e2e.labelled import Labelled, make_labelled_project

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
SMALL, USUAL, LARGE = (1280, 720), (1440, 900), (1920, 1080)
NOT_WIDER = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
ADMIN = "admin@limn.example"
IN_LIGHT = "document.documentElement.setAttribute('data-mantine-color-scheme', 'light')"
# Some colours change over in a fifth of a second; what turns for ever is not waited for.
ALL_AT_REST = """() => Promise.all(document.getAnimations()
  .filter((one) => one.effect?.getComputedTiming().endTime < 10_000)
  .map((one) => one.finished.catch(() => null)))"""


@dataclass(frozen=True)
class Screen:
    """An address, and what stands there once the page is whole."""

    name: str
    address: str
    ready: str
    keys: str = ""
    main_action: str = ""


SCREENS = [
    Screen("work", "/work", "role=button[name=/^Next task/]", main_action="Next task"),
    Screen("studies", "/studies", "role=gridcell >> nth=0", main_action="Upload"),
    Screen("study", "/studies?study={study}", "text=Series >> nth=0"),
    Screen("studies-none-found", "/studies?part=NOWHERE", "text=/No study|fits/i"),
    Screen("uploads", "/uploads", "role=button[name='Choose files']", main_action="Choose files"),
    Screen("quarantine", "/quarantine", "text=Nothing waits"),
    Screen("policies", "/admin/policies", "role=table[name='Versions']"),
    Screen("patient", "/patients/{patient}", "role=form[name='New entry']"),
    Screen("projects", "/projects", "role=link[name=/Every screen/]", main_action="New project"),
    Screen("wizard-name", "/projects/new", "role=textbox[name='Name']", main_action="Name"),
    Screen("wizard-labels", "/projects/new?step=2", "role=button[name='Add a segment']"),
    Screen("wizard-studies", "/projects/new?step=3", "role=textbox[name='Search studies']"),
    Screen("wizard-people", "/projects/new?step=4", "role=button[name='Make the project']"),
    Screen("overview", "/projects/{project}/overview", "text=Does more labelling still help?"),
    Screen("tasks", "/projects/{project}/tasks", "role=gridcell >> nth=0"),
    Screen("people", "/projects/{project}/people", "role=cell >> nth=0"),
    Screen("schema", "/projects/{project}/schema", "role=button[name='Add a segment']"),
    Screen("instructions", "/projects/{project}/instructions", "role=textbox >> nth=0"),
    Screen("model", "/projects/{project}/model", "role=button[name=/Train/]"),
    Screen("project-releases", "/projects/{project}/releases", "role=button[name='New release']"),
    Screen("settings", "/projects/{project}/settings", "role=textbox[name='Name']"),
    Screen("empty-overview", "/projects/{empty}/overview", "role=tab[name='Overview']"),
    Screen("empty-tasks", "/projects/{empty}/tasks", "role=grid"),
    Screen("empty-model", "/projects/{empty}/model", "role=tab[name='Model']"),
    Screen("empty-releases", "/projects/{empty}/releases", "text=No release yet"),
    Screen("models", "/models", "role=heading[name='Models']"),
    Screen("releases", "/releases", "role=link[name=/First/]"),
    Screen("release", "/releases/{release}", "role=heading[name='Segments']"),
    Screen("admin-people", "/admin/people", "role=button[name='Add a person']"),
    Screen("admin-system", "/admin/system", "role=heading[name='Stored images']"),
    Screen("admin-audit", "/admin/audit", "role=gridcell >> nth=0"),
    Screen("password", "/account/password", "role=button[name='Change it']"),
    Screen("tokens", "/account/tokens", "role=button[name='Make a token']"),
    Screen("palette", "/projects", "role=textbox[name=/^Search studies/]", keys="Control+k"),
    Screen("keys", "/projects", "role=dialog >> text=Show all keys", keys="?"),
    Screen("no-such-page", "/nothing/here", "text=There is no page at this address"),
    Screen("no-such-project", "/projects/00000000-0000-4000-8000-000000000000", "role=alert"),
    Screen("no-such-release", "/releases/00000000-0000-4000-8000-000000000000", "role=alert"),
    Screen("no-such-task", "/work/00000000-0000-4000-8000-000000000000", "role=alert"),
    Screen("station", "/work/{task}", "role=button[name=/Submit/]"),
    Screen("station-keys", "/work/{task}", "role=dialog", keys="?"),
]
REFUSED_ON_PURPOSE = {"no-such-project", "no-such-release", "no-such-task"}


@pytest.fixture(scope="module")
def labelled(limn) -> Labelled:
    """A project with something on every one of its screens."""
    return make_labelled_project(limn.client(ADMIN), "Every screen")


@pytest.fixture(scope="module")
def places(limn, labelled) -> dict[str, str]:
    """What the addresses of the screens leave open."""
    body = {"name": "Without studies", "schema": {"segments": [{"id": 1, "name": "Liver"}]}}
    body["schema"]["segments"][0]["color"] = "#e69f00"
    made = limn.client(ADMIN).post("/api/v1/projects", json=body).raise_for_status()
    return {
        "project": labelled.project,
        "release": labelled.release,
        "task": labelled.open_task,
        "study": labelled.study,
        "patient": _patient_of(limn, labelled.study),
        "empty": made.json()["id"],
    }


def _patient_of(limn, study: str) -> str:
    found = limn.client(ADMIN).get(f"/api/v1/studies/{study}").raise_for_status().json()
    return str(found["patient"]["id"])


@pytest.fixture(scope="module")
def reader(limn, browser, labelled):
    """The administrator, who sees every page."""
    person = Person(limn, browser, ADMIN)
    person.context.add_init_script("localStorage.setItem('mantine-color-scheme-value', 'dark')")
    person.page.on("response", lambda answer: _note_refusal(person, answer))
    yield person.sign_in()
    person.context.close()


def _note_refusal(person: Person, answer) -> None:
    if answer.status >= 400:
        person.faults.append(f"{answer.status} {answer.request.method} {answer.url}")


def _show(reader: Person, screen: Screen, places: dict[str, str]) -> Page:
    page = reader.page
    reader.faults.clear()
    page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
    page.goto(screen.address.format(**places))
    _take_over_if_asked(page, screen)
    if screen.keys:
        expect(page.get_by_role("main").or_(page.get_by_role("navigation")).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.keyboard.press(screen.keys)
    expect(page.locator(screen.ready).first).to_be_visible(timeout=30_000)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)
    return page


def _take_over_if_asked(page: Page, screen: Screen) -> None:
    """The task may still be open in the page before."""
    if screen.address != "/work/{task}":
        return
    take_over, submit = (page.get_by_role("button", name=name) for name in ("Take over", "Submit"))
    expect(take_over.or_(submit).first).to_be_visible(timeout=60_000)
    if take_over.is_visible():
        take_over.click()
    page.wait_for_function("window.__limn && window.__limn.slice !== null", timeout=60_000)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_is_readable_by_all_quiet_and_within_its_window(reader, screen, places):
    page = _show(reader, screen, places)

    found = []
    for width, height in (SMALL, USUAL, LARGE):
        page.set_viewport_size({"width": width, "height": height})
        if not page.evaluate(NOT_WIDER):
            found.append(f"{width}: the page is wider than its window")
        if (width, height) != LARGE:
            found += [f"{width}: {each}" for each in violations(page)]
    page.evaluate(IN_LIGHT)
    page.evaluate(ALL_AT_REST)
    found += [f"light: {each}" for each in violations(page, rules=COLOURS)]
    assert found == []
    if screen.name not in REFUSED_ON_PURPOSE:
        assert reader.faults == []
    assert re.search("Limn", page.title())


def test_signing_in_is_readable_by_all(limn, browser):
    visitor = Person(limn, browser, ADMIN, color_scheme="light")
    visitor.page.goto("/sign-in")
    expect(visitor.page.get_by_role("button", name="Sign in")).to_be_visible()

    assert violations(visitor.page) == []
    visitor.page.get_by_label("E-mail").fill(ADMIN)
    visitor.page.get_by_role("textbox", name="Password").fill("not the password")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_text("do not match")).to_be_visible()
    assert violations(visitor.page) == []
    visitor.context.close()


WITH_ACTION = [screen for screen in SCREENS if screen.main_action]


@pytest.mark.parametrize("screen", WITH_ACTION, ids=lambda screen: screen.name)
def test_tab_reaches_the_main_action_and_shows_where_it_is(reader, screen, places):
    page = _show(reader, screen, places)

    for _ in range(40):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(FOCUSED)
        assert outline, f"{name!r} has the focus and does not show it"
        if name.startswith(screen.main_action):
            return
    raise AssertionError(f"forty Tabs did not reach {screen.main_action!r}")


FOCUSED = """() => {
  const it = document.activeElement;
  const style = getComputedStyle(it);
  const around = it.parentElement ? getComputedStyle(it.parentElement) : style;
  const label = it.labels?.[0]?.innerText ?? "";
  const name = it.getAttribute("aria-label") ?? (label || it.innerText || "");
  const shown = [style, around].some((one) =>
    one.outlineStyle !== "none" || one.boxShadow !== "none" || one.borderTopWidth !== "0px");
  return [name.trim(), shown || it === document.body];
}"""
