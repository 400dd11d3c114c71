"""`python -m tests.e2e.screenshots [folder]`: remake the pictures in docs/images.

Starts a whole Limn on the demo cohort, lets its model learn once, and walks the screens.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page

from tests.browser import chromium
from tests.e2e.burned import burned_picture
from tests.installation import ROOT, Installation

OUT = ROOT / "docs" / "images"
PROJECT = "Abdominal organs, CT"
TRAININGS_S = (60, 240)
SIZE = {"width": 1440, "height": 900}


def main() -> None:
    """Take every picture."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.mkdir(parents=True, exist_ok=True)
    patients = int(os.environ.get("LIMN_DEMO_PATIENTS", "24"))
    with Installation(demo=True, patients=patients) as limn, chromium() as browser:
        with limn.client("scientist@limn.example") as client:
            project = _project(client)
            _judge(limn, project)
            _watch_a_folder(limn)
            release = _let_it_learn(client, project)
        for who, take in (("annotator", _annotator), ("manager", _manager), ("admin", _admin)):
            page = browser.new_context(base_url=limn.address, viewport=SIZE).new_page()
            _sign_in(page, limn, who, out)
            take(page, out, project, release)


def _project(client: httpx.Client) -> str:
    projects = client.get("/api/v1/projects").json()["results"]
    return next(str(p["id"]) for p in projects if p["name"] == PROJECT)


def _judge(limn: Installation, project: str) -> None:
    """Let a reviewer accept two submissions and return a third, so that every state is there."""
    with limn.client("admin@limn.example") as client:
        rows = client.get(f"/api/v1/projects/{project}/tasks", params={"state": "submitted"}).json()
        tasks = [row["id"] for row in rows["results"]]
        accept = {"verdict": "accept"}
        give_back = {"verdict": "return", "reason": "The dome of the liver is missing."}
        for task, verdict in zip(tasks, (accept, accept, give_back), strict=False):
            client.post(f"/api/v1/tasks/{task}/review", json=verdict).raise_for_status()


def _watch_a_folder(limn: Installation) -> None:
    """Make a source and let it look once."""
    source = {
        "name": "Scanner room",
        "settings": {"kind": "folder", "path": str(limn.watched)},
        "schedule": {"every_minutes": 15},
    }
    with limn.client("admin@limn.example") as client:
        made = client.post("/api/v1/sources", json=source).raise_for_status().json()
        client.post(f"/api/v1/sources/{made['id']}/runs").raise_for_status()


def _let_it_learn(client: httpx.Client, project: str) -> str:
    """Train two versions, let the second propose, freeze a release and prove its exports."""
    for seconds in TRAININGS_S:
        _train(client, project, seconds)
    version = client.get(f"/api/v1/projects/{project}/models").json()["results"][0]
    client.post(f"/api/v1/model-versions/{version['id']}/activate").raise_for_status()
    _wait(lambda: _first_why(client, project), 300)
    split = {"train": 70, "validation": 15, "test": 15, "seed": 1}
    body = {"name": "First round", "split": split, "work": "submitted"}
    made = client.post(f"/api/v1/projects/{project}/releases", json=body).raise_for_status()
    release = str(made.json()["id"])
    for form in ("dicom-seg", "nifti", "coco"):
        made = client.post(f"/api/v1/releases/{release}/exports", json={"format": form})
        export = made.json()["export"]["id"]
        _wait(lambda e=export: client.get(f"/api/v1/exports/{e}").json()["proof"], 300)
    return release


def _train(client: httpx.Client, project: str, seconds: float) -> None:
    bounds = {"max_seconds": seconds}
    client.post(f"/api/v1/projects/{project}/train", json=bounds).raise_for_status()
    _wait(lambda: _is_done(client, project), 300 + 10 * seconds)


def _is_done(client: httpx.Client, project: str) -> bool:
    newest = client.get(f"/api/v1/projects/{project}/training-runs").json()["results"][0]
    return newest["state"] not in {"queued", "sent", "running"}


def _first_why(client: httpx.Client, project: str):
    queue = client.get(f"/api/v1/projects/{project}/progress").json()["queue_next"]
    return queue[0]["why"] if queue else None


def _wait(ask, seconds: float):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = ask()
        if found:
            return found
        time.sleep(1)
    raise TimeoutError(f"not there after {seconds} s")


def _sign_in(page: Page, limn: Installation, who: str, out: Path) -> None:
    email = f"{who}@limn.example"
    page.goto("/")
    page.get_by_label("E-mail").wait_for()
    if who == "annotator":
        page.screenshot(path=out / "sign-in.png")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("textbox", name="Password").fill(limn.sign_ins()[email])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation").first.wait_for()


def _shoot(page: Page, out: Path, name: str, address: str | None = None) -> None:
    if address is not None:
        page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1200)  # charts ease in
    page.screenshot(path=out / f"{name}.png")


def _annotator(page: Page, out: Path, project: str, _release: str) -> None:
    page.goto(f"/work/{_telling_task(page, project)}")
    page.wait_for_function("window.__limn && window.__limn.slice !== null", timeout=60_000)
    _to_the_middle(page)
    _shoot(page, out, "station-proposal")
    for segment in ("Liver", "Spleen"):
        page.get_by_role("button", name=f"Accept {segment}").click()
        page.wait_for_timeout(800)
    page.locator("canvas[data-picture]").hover(position={"x": 420, "y": 300})
    page.keyboard.press("b")
    _shoot(page, out, "station")
    page.keyboard.press("?")
    _shoot(page, out, "station-keys")
    page.keyboard.press("Escape")
    _shoot(page, out, "work", "/work")


def _to_the_middle(page: Page) -> None:
    """Go where the organs are largest."""
    last = page.get_by_role("slider", name="Slice").get_attribute("aria-valuemax")
    page.keyboard.press("Home")
    for _ in range(int(last or 1) // 2):
        page.keyboard.press("ArrowDown")


def _telling_task(page: Page, project: str) -> str:
    """Return an open task whose series forms a volume and which a model has looked at."""
    address = f"/api/v1/projects/{project}/tasks?state=todo&order=priority"
    for task in page.request.get(address).json()["results"]:
        grid = page.request.get(f"/api/v1/grids/{task['grid_id']}/view").json()["grid"]
        if task["why"] and grid["is_regular"]:
            return str(task["id"])
    raise AssertionError("no open task has both a regular volume and a reason")


def _manager(page: Page, out: Path, project: str, release: str) -> None:
    _studies(page, out)
    _upload(page, out)
    _shoot(page, out, "projects", "/projects")
    _shoot(page, out, "new-project", "/projects/new?step=2")
    _shoot(page, out, "review", f"/work/{_submitted_task(page, project)}")
    for tab in (
        "overview",
        "tasks",
        "people",
        "schema",
        "instructions",
        "model",
        "releases",
        "settings",
    ):
        _shoot(page, out, f"project-{tab}", f"/projects/{project}/{tab}")
    _shoot(page, out, "release", f"/releases/{release}")
    _shoot(page, out, "models", "/models")
    _shoot(page, out, "tokens", "/account/tokens")


def _studies(page: Page, out: Path) -> None:
    """Take the list, one study beside it, its header, and its patient."""
    _shoot(page, out, "studies", "/studies")
    page.get_by_role("textbox", name="Search").fill("LIMN-0008")
    page.get_by_text("LIMN-0008", exact=True).click()
    page.get_by_role("button", name="Header of series").first.wait_for()
    _shoot(page, out, "study")
    page.get_by_role("button", name="Header of series").first.click()
    page.get_by_role("grid", name="Elements of the header").wait_for()
    _shoot(page, out, "header")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="All of this patient").click()
    page.wait_for_url("**/patients/**")
    _shoot(page, out, "patient")


def _upload(page: Page, out: Path) -> None:
    """Send a picture with a name burned in and a letter; take what became of them."""
    with tempfile.TemporaryDirectory(prefix="limn-shots-") as folder:
        letter = Path(folder) / "letter.txt"
        letter.write_text("not an image", encoding="utf-8")
        burned = burned_picture(Path(folder), "ADEYEMI FOLAKE 1961")
        page.goto("/uploads")
        page.get_by_role("combobox", name="De-identification").click()
        page.get_by_role("option", name="Basic profile").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose files").click()
        chooser.value.set_files([burned.path, letter])
        page.get_by_text("1 in quarantine").wait_for()
    _shoot(page, out, "upload")
    run = page.request.get("/api/v1/ingest-runs").json()["results"][0]["id"]
    _shoot(page, out, "ingest-run", f"/uploads/{run}")
    _shoot(page, out, "quarantine", "/quarantine")


def _submitted_task(page: Page, project: str) -> str:
    address = f"/api/v1/projects/{project}/tasks?state=submitted"
    return str(page.request.get(address).json()["results"][0]["id"])


def _admin(page: Page, out: Path, _project: str, _release: str) -> None:
    _shoot(page, out, "admin", "/admin")
    _shoot(page, out, "admin-sources", "/admin/sources")
    _shoot(page, out, "admin-policies", "/admin/policies")
    _shoot(page, out, "admin-system", "/admin/system")
    _shoot(page, out, "admin-audit", "/admin/audit")


if __name__ == "__main__":
    main()
