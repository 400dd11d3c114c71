"""A watched folder, made, tried and run by an administrator in the browser."""

import shutil
import zipfile
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.tiny import tiny_series

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture
def inbox(limn):
    """A folder that this installation may watch."""
    folder = limn.watched / f"inbox {uuid4().hex[:6]}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def fill(inbox, tmp_path) -> None:
    """Put ten images, an archive of two more, and a letter there."""
    images = tiny_series(tmp_path, 12)
    for path in images[:10]:
        shutil.copy(path, inbox)
    with zipfile.ZipFile(inbox / "rest.zip", "w") as archive:
        for path in images[10:]:
            archive.write(path, path.name)
    (inbox / "letter.txt").write_text("not an image")


def make_source(page, inbox) -> None:
    """Write the source down, after learning which folder may not be watched."""
    page.goto("/uploads")
    page.get_by_role("link", name="Sources").click()
    expect(page.get_by_role("tab", name="Sources")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Add a source").click()
    page.get_by_role("menuitem", name="Watched folder").click()
    panel = page.get_by_role("dialog")
    panel.get_by_role("textbox", name="Name").fill(inbox.name)
    panel.get_by_role("textbox", name="Folder").fill("/etc")
    panel.get_by_role("button", name="Test connection").click()
    expect(panel.get_by_text("may be watched (LIMN_WATCH_ROOTS)")).to_be_visible()
    panel.get_by_role("textbox", name="Folder").fill(str(inbox))
    panel.get_by_role("button", name="Test connection").click()
    expect(panel.get_by_text("The folder can be read: 12 files in it.")).to_be_visible()
    panel.get_by_text("Only when asked").click()
    assert violations(page) == []
    panel.get_by_role("button", name="Add", exact=True).click()
    expect(panel).to_be_hidden()


def test_an_administrator_makes_a_folder_a_source_and_sees_what_came(person, inbox, tmp_path):
    fill(inbox, tmp_path)
    admin = person("admin")
    page = admin.page
    make_source(page, inbox)
    row = page.get_by_role("listitem", name=inbox.name)

    row.get_by_role("button", name=f"Run now: {inbox.name}").click()
    expect(row.get_by_text("12 stored, 1 rejected.")).to_be_visible(timeout=40_000)
    expect(row.get_by_text("Fine")).to_be_visible()
    row.get_by_role("button", name="Each file").click()
    letter = page.get_by_role("grid", name="Files").get_by_role("row").filter(has_text="letter.txt")
    expect(letter).to_contain_text("rejected")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.mouse.move(1, 1)
    page.evaluate("document.activeElement.blur()")
    expect(page.get_by_role("tooltip")).to_have_count(0)
    assert violations(page) == []

    row.get_by_role("button", name=f"Run now: {inbox.name}").click()
    again = row.get_by_text("Nothing new. 12 files known from before.")
    expect(again).to_be_visible(timeout=30_000)
    row.get_by_role("button", name=f"Change {inbox.name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("button", name="Remove this source").click()
    expect(row).to_be_hidden()
    assert len(list(inbox.iterdir())) == 12
    assert admin.faults == []
