"""The page of studies over a hundred thousand: found by words and filters, gathered, put to work."""

import re
from urllib.parse import unquote
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.world import TWO_SEGMENTS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
ADMIN = "admin@limn.example"
STUDIES = 100_000
FILL = f"from tests.many_studies import fill; fill({STUDIES}, series=1)"
EMPTY = "from tests.many_studies import empty; empty()"
# A study that nobody scrolls to by chance: 90 001 others came in after it.
WANTED = {"n": 90_001, "patient": "B22500", "name": "Family29, Given22500", "accession": "A90001"}


@pytest.fixture(scope="module")
def archive(limn):
    """A hundred thousand studies beside those of the demonstration."""
    limn.manage("shell", "-v0", "-c", FILL)
    yield
    limn.manage("shell", "-v0", "-c", EMPTY)


@pytest.fixture
def reader(person, archive):
    """The administrator on the page of studies, whose requests are noted."""
    somebody = person("admin")
    somebody.context.add_init_script("localStorage.setItem('mantine-color-scheme-value', 'dark')")
    somebody.asked = []
    somebody.page.on("request", lambda request: somebody.asked.append(request.url))
    somebody.page.goto("/studies")
    expect(somebody.page.get_by_role("gridcell").first).to_be_visible()
    return somebody


def test_a_study_among_a_hundred_thousand_is_found_by_words_that_no_address_holds(reader):
    page = reader.page
    table = page.get_by_role("grid", name="Studies")
    expect(page.get_by_text(re.compile(r"^100,0\d\d studies$"))).to_be_visible()
    top = table.bounding_box()
    assert len(table.get_by_role("row").all()) < 60

    page.keyboard.press("/")
    page.keyboard.type(f"{WANTED['patient']} {WANTED['accession']}")
    expect(page.get_by_text("1 study", exact=True)).to_be_visible()

    row = table.get_by_role("row").filter(has_text=WANTED["patient"])
    expect(row).to_contain_text(WANTED["name"])
    assert table.bounding_box() == top
    assert violations(page) == []
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="The chosen study")
    expect(panel).to_contain_text(WANTED["accession"])
    expect(panel.get_by_role("list", name="Series").get_by_role("listitem")).to_have_count(1)
    page.reload()
    expect(table.get_by_role("row").filter(has_text=WANTED["patient"])).to_be_visible()
    addresses = unquote(" ".join([*reader.asked, page.url]))
    assert "/api/v1/studies/search" in addresses
    assert not [word for word in ("B22500", "A90001", "Family29") if word in addresses]
    assert reader.faults == []


def test_the_list_goes_on_as_it_is_scrolled_and_turns(reader):
    page = reader.page
    table = page.get_by_role("grid", name="Studies")
    page.get_by_role("button", name="Arrived").click()
    expect(table.get_by_role("row").nth(1)).to_contain_text("B24999")
    for _ in range(3):
        table.evaluate("it => it.scrollTo(0, it.scrollHeight)")
        page.wait_for_function(
            "n => [...document.querySelectorAll('[role=row]')]"
            ".some(row => Number(row.getAttribute('aria-rowindex')) > n)",
            arg=100 * (_ + 1),
        )
    expect(table.get_by_role("row").filter(has_text="B249").first).to_be_visible()
    assert len(table.get_by_role("row").all()) < 60
    assert reader.faults == []


def test_all_that_match_are_tagged_kept_and_put_into_a_project(reader, limn):
    client, page = limn.client(ADMIN), reader.page
    tag, project = f"Tag {uuid4().hex[:6]}", f"Gathered {uuid4().hex[:6]}"
    made = {"name": project, "schema": TWO_SEGMENTS}
    project_id = client.post("/api/v1/projects", json=made).raise_for_status().json()["id"]
    page.reload()
    page.get_by_role("button", name="Modality").click()
    page.get_by_role("checkbox", name="NM", exact=True).check()
    page.keyboard.press("Escape")
    total = len(_ids(client, {"modalities": ["NM"]}))
    expect(page).to_have_url(re.compile("modality=NM"))
    expect(page.get_by_text(re.compile(f"^{total} stud(y|ies)$")).first).to_be_visible()

    page.get_by_role("checkbox", name="Choose all studies that match").check()
    bar = page.get_by_role("region", name="Actions for the chosen studies")
    expect(bar).to_contain_text(re.compile(f"{total} stud(y|ies) chosen"))
    _tag_all(page, bar, tag)
    assert violations(page) == []
    bar.get_by_role("button", name="Add to a project").click()
    page.get_by_role("menuitem", name=project).click()
    expect(page.get_by_text(re.compile(rf"added to {project}"))).to_be_visible(timeout=30_000)
    _keep(page, bar, f"Cohort {tag}")
    expect(page).to_have_url(re.compile("cohort="))

    tags = client.get("/api/v1/tags").json()["results"]
    tag_id = next(row["id"] for row in tags if row["name"] == tag)
    assert len(_ids(client, {"tag_ids": [tag_id]})) == total
    units = client.get(f"/api/v1/projects/{project_id}/units").json()
    assert len(units["results"]) >= total
    assert reader.faults == []


def test_a_header_is_read_and_searched(reader, limn):
    page = reader.page
    page.keyboard.press("/")
    page.keyboard.type("LIMN-00")
    page.get_by_role("gridcell").filter(has_text="LIMN-00").first.click()
    page.get_by_role("button", name=re.compile("^Header of series")).first.click()
    header = page.get_by_role("grid", name="Elements of the header")
    expect(header.get_by_text("Patient's Name")).to_be_visible()

    page.get_by_role("textbox", name="Search the header").fill("0020000D")

    expect(header.get_by_text("Study Instance UID")).to_be_visible()
    expect(header.get_by_text("Patient's Name")).to_have_count(0)
    assert violations(page) == []
    assert reader.faults == []


def _ids(client, asked):
    return client.post("/api/v1/studies/ids", json={"filter": asked}).json()["study_ids"]


def _tag_all(page, bar, tag):
    bar.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_role("textbox", name="Find or make a tag").fill(tag)
    page.keyboard.press("Enter")
    expect(page.get_by_role("grid", name="Studies").get_by_text(tag).first).to_be_visible()
    page.keyboard.press("Escape")


def _keep(page, bar, name):
    bar.get_by_role("button", name="Save as a cohort").click()
    dialog = page.get_by_role("dialog", name="Save as a cohort")
    dialog.get_by_role("textbox", name="Name").fill(name)
    dialog.get_by_role("radio", name=re.compile("^The list")).check()
    dialog.get_by_role("button", name="Save").click()
