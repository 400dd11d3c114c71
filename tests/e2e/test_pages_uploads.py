"""Many small files in the browser: few requests, and still the fate of each."""

import zipfile

import pytest
from playwright.sync_api import expect
from pydicom import dcmread

from tests.e2e.axe import violations
from tests.e2e.tiny import tiny_series

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_small_files_travel_together_and_each_has_its_fate(person, tmp_path):
    manager = person("manager")
    page = manager.page
    loose = tiny_series(tmp_path / "loose", 250)
    letter = tmp_path / "letter.txt"
    letter.write_text("not an image")
    archive = tmp_path / "study.zip"
    zipped = tiny_series(tmp_path / "zipped", 10)
    with zipfile.ZipFile(archive, "w") as made:
        for path in zipped:
            made.write(path, path.name)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))

    page.goto("/uploads")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([*loose[:5], letter, archive, *loose[5:]])

    expect(page.get_by_text(f"{len(loose) + 2} files done")).to_be_visible(timeout=60_000)
    assert len([url for url in sent if "/api/v1/uploads" in url]) <= 8
    files = page.get_by_role("region", name="Files")
    expect(files.get_by_text(loose[0].name, exact=True)).to_be_visible()
    page.get_by_text("Rejected", exact=True).first.click()
    expect(files.get_by_text("letter.txt")).to_be_visible()
    expect(files.get_by_role("listitem")).to_have_count(1)
    assert violations(page) == []
    _is_named_as_sent(page, loose[0].name)
    assert manager.faults == []
    assert _counts(manager) == {
        "stored": len(loose) + len(zipped),
        "duplicate": 0,
        "rejected": 1,
    }


def _is_named_as_sent(page, loose):
    """The delivery, read again, names files as the person did, not the packs they travelled in."""
    run = page.request.get("/api/v1/ingest-runs").json()["results"][0]["id"]
    page.goto(f"/uploads/{run}")
    table = page.get_by_role("grid", name="Files of the delivery")
    expect(table.get_by_text(loose, exact=True)).to_be_visible()
    page.get_by_text("Rejected 1").click()
    expect(table.get_by_text("letter.txt", exact=True)).to_be_visible()


def test_the_same_files_again_are_duplicates_each(person, tmp_path):
    manager = person("manager")
    page = manager.page
    loose = tiny_series(tmp_path, 12)
    for words in ("stored", "duplicate"):
        page.goto("/uploads")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose files").click()
        chooser.value.set_files(loose)
        expect(page.get_by_text(f"{len(loose)} files done")).to_be_visible(timeout=60_000)
        progress = page.get_by_role("region", name="Progress of the upload")
        expect(progress.get_by_text(f"{len(loose)} {words}")).to_be_visible()


def test_a_connection_that_breaks_in_the_middle_costs_nothing(person, tmp_path):
    manager = person("manager")
    page = manager.page
    files = [_large(path) for path in tiny_series(tmp_path, 3)]
    broken: list[str] = []

    def break_once_it_runs(route):
        """Let the first piece of each file through, then cut the line for a while."""
        if route.request.method != "PATCH" or len(broken) >= 4:
            return route.continue_()
        if route.request.headers["upload-offset"] == "0":
            return route.continue_()
        broken.append(route.request.url)
        return route.abort("connectionreset")

    page.route("**/api/v1/uploads/*", break_once_it_runs)
    page.goto("/uploads")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(files)

    expect(page.get_by_text(f"{len(files)} files done")).to_be_visible(timeout=60_000)
    progress = page.get_by_role("region", name="Progress of the upload")
    expect(progress.get_by_text(f"{len(files)} stored")).to_be_visible()
    assert len(broken) == 4
    assert _counts(manager) == {"stored": len(files), "duplicate": 0, "rejected": 0}
    unexpected = [fault for fault in manager.faults if "net::ERR" not in fault]
    assert unexpected == []


def _large(path):
    """Make a file long enough for several pieces, by a private element."""
    dataset = dcmread(path)
    block = dataset.private_block(0x0009, "LIMN TEST", create=True)
    block.add_new(1, "OB", bytes(24 * 1024 * 1024))
    dataset.save_as(path)
    return path


def _counts(manager) -> dict[str, int]:
    client = manager.limn.client(manager.email)
    newest = client.get("/api/v1/ingest-runs").raise_for_status().json()["results"][0]
    return {word: newest["counts"][word] for word in ("stored", "duplicate", "rejected")}
