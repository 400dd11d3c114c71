"""The page of studies over an archive of 100 000: every filter, every order, for both who may see all and who may not.

In a process of its own, against a real gunicorn and PostgreSQL.
"""
# ruff: noqa: PLC0415

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.bench.annotation_site import ROOT, Browser, Site
from tests.bench.rows import Row

MARK = "BENCH-ROWS "
STUDIES = 100_000
ASKED = 20
BUDGET_MS = 200


def rows() -> list[Row]:
    """Run the measurements in a process of their own."""
    with tempfile.TemporaryDirectory(prefix="limn-bench-") as folder:
        Path(folder).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_studies", folder],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith(MARK))
    return [Row(**row) for row in json.loads(line.removeprefix(MARK))]


def make_people() -> tuple[str, str]:
    """Make an administrator, and somebody who sees half of the studies; return an id of each kind."""
    from django.db import connection

    from backend.accounts.models import ApiToken, User
    from backend.imaging.models import AudienceMember, StudyTag, Tag
    from tests.many_studies import fill

    fill(STUDIES)
    for name, is_admin in (("ada", True), ("bob", False)):
        user = User.objects.create(email=f"{name}@example.org", name=name, is_admin=is_admin)
        digest = hashlib.sha256(name.encode()).hexdigest()
        ApiToken.objects.create(user=user, name="bench", secret_sha256=digest)
    audience = user.pk
    AudienceMember.objects.create(audience_id=audience, user_id=user.pk)
    tag = Tag.objects.create(name="Rare", color="#e69f00")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO imaging_studyaudience (study_id, audience_id)"
            " SELECT md5('study' || n)::uuid, %s FROM generate_series(0, %s, 2) AS n",
            [audience, STUDIES - 1],
        )
        cursor.execute(
            "INSERT INTO imaging_studytag (study_id, tag_id, created_at)"
            " SELECT md5('study' || n)::uuid, %s, now() FROM generate_series(0, %s, 50) AS n",
            [tag.pk, STUDIES - 1],
        )
        cursor.execute("ANALYZE")
    assert StudyTag.objects.count() == STUDIES // 50
    return str(audience), str(tag.pk)


def questions(audience: str, tag: str) -> dict[str, dict[str, object]]:
    """Return what is asked, by a name for people."""
    filters: dict[str, dict[str, object]] = {
        "all": {},
        "a name": {"search": "family500 given5"},
        "nobody": {"search": "zzzz"},
        "a letter": {"search": "b"},
        "a common modality": {"modalities": ["MR"]},
        "a rare modality": {"modalities": ["OP"]},
        "a body part": {"body_parts": ["CHEST"]},
        "a rare body part": {"body_parts": ["LIVER"]},
        "a source": {"sources": ["stow"]},
        "a year": {"date_from": "2020-01-01", "date_to": "2020-12-31"},
        "warnings": {"has_warnings": True},
        "no warnings": {"has_warnings": False},
        "a project": {"project_id": audience},
        "a tag": {"tag_ids": [tag]},
        "all at once": {
            "search": "study",
            "modalities": ["CT"],
            "body_parts": ["CHEST", "HEAD"],
            "sources": ["stow"],
            "date_from": "2015-01-01",
            "tag_ids": [tag],
        },
    }
    asked: dict[str, dict[str, object]] = {name: {"filter": f} for name, f in filters.items()}
    for order in ("date", "patient", "description"):
        asked[f"by {order}"] = {"order": order}
        asked[f"CT by {order}, up"] = {
            "order": order,
            "is_descending": False,
            "filter": {"modalities": ["CT"]},
        }
    return asked


def times_of(browser: Browser, body: dict[str, object]) -> list[float]:
    """Return milliseconds of the first page with its number, and of pages after it."""
    times = []
    cursor = ""
    for turn in range(ASKED):
        sent = json.dumps({**body, "cursor": cursor if turn % 2 else ""}).encode()
        began = time.monotonic()
        status = browser.post("/api/v1/studies/search", sent)
        times.append((time.monotonic() - began) * 1e3)
        assert status == 200, browser.body
        cursor = json.loads(browser.body)["next"] or ""
    return times


def measure(site: Site, token: str, who: str, asked: dict[str, dict[str, object]]) -> Row:
    """Ask everything as one person."""
    browser = Browser(site, token)
    browser.post("/api/v1/studies/search", b"{}")
    p95s, medians = {}, {}
    for name, body in asked.items():
        times = sorted(times_of(browser, body))
        p95s[name], medians[name] = times[int(ASKED * 0.95) - 1], statistics.median(times)
    slowest = max(p95s, key=lambda name: p95s[name])
    listed = sorted(medians, key=lambda name: -medians[name])[:6]
    return Row(
        f"page of studies over {STUDIES:,}, {who}",
        f"≤ {BUDGET_MS} ms p95",
        f"{p95s[slowest]:.0f} ms (slowest p95 of {len(asked)} questions: {slowest})",
        p95s[slowest] <= BUDGET_MS,
        note="100 rows, number of all; slowest medians in ms: "
        + ", ".join(f"{name} {medians[name]:.0f}" for name in listed),
    )


def main() -> None:
    """Measure on a site in the folder given and print the rows."""
    site = Site(Path(sys.argv[1]))
    try:
        asked = questions(*make_people())
        site.start_web()
        found = [
            measure(site, "ada", "for who sees all", asked),
            measure(site, "bob", "for who sees half", asked),
        ]
    finally:
        site.stop()
    print(MARK + json.dumps([asdict(row) for row in found]))


if __name__ == "__main__":
    main()
