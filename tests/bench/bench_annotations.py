"""Saves, the next task and lists of tasks, against a real gunicorn and a durable PostgreSQL.

Runs in a process of its own (`python -m tests.bench.bench_annotations`), because Django reads its
settings once: `rows` starts that process and reads the figures it prints. CPU per operation is
that of the web processes and of PostgreSQL together; the load itself is left out.
"""
# ruff: noqa: PLC0415

import base64
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import numpy as np

from tests.bench.annotation_site import FRAMES, PEOPLE, ROOT, SIDE, Browser, Site, World
from tests.bench.rows import Row

WARMING_SAVES, ALONE_SAVES = 300, 300
LOAD_SECONDS = 12.0
THINK_SECONDS = 0.2
NEXT_CALLS = 100
MARK = "BENCH-ROW "


def rows() -> list[Row]:
    """Run the measurements in a process of their own."""
    with tempfile.TemporaryDirectory(prefix="limn-bench-") as folder:
        Path(folder).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_annotations", folder],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found = [line.removeprefix(MARK) for line in done.stdout.splitlines() if line.startswith(MARK)]
    return [Row(**json.loads(line)) for line in found]


class Editor:
    """One annotator with a document open, who paints a growing disc on one slice after another."""

    def __init__(self, site: Site, world: World, n: int) -> None:
        from backend.annotations.services import document_create, lock_take

        self.document_id = document_create(
            project_id=world.project.pk, grid_id=world.grid.pk, schema_id=world.schema.pk
        )
        lock = lock_take(document_id=self.document_id, user_id=world.people[n].pk, seconds=3600)
        self._token = str(lock.token)
        self._keys = [f"{instance}.{number}" for instance, number, _ in world.grid.frames]
        self._browser = Browser(site, world.tokens[n])
        self._path = f"/api/v1/documents/{self.document_id}/revisions"
        self._masks = [_disc(n, radius) for radius in range(20, 60)]
        self.number = 0
        self.seconds: list[float] = []
        self.errors = 0

    def save(self) -> None:
        """Save one stroke and remember how long it took."""
        body = json.dumps(
            {
                "request_id": str(uuid4()),
                "base_number": self.number,
                "lock_token": self._token,
                "masks": [
                    {
                        "layer": 0,
                        "frame": self._keys[self.number % FRAMES],
                        "data": self._masks[self.number % len(self._masks)],
                    }
                ],
                "edits": [{"tool": "brush", "segments": [1], "origin": "manual"}],
                "active_ms": 900,
            }
        ).encode()
        began = time.perf_counter()
        status = self._browser.post(self._path, body)
        self.seconds.append(time.perf_counter() - began)
        if status == 201:
            self.number += 1
        else:
            self.errors += 1


def _disc(n: int, radius: int) -> str:
    from ml_worker.contract.masks import encode_mask

    y, x = np.mgrid[:SIDE, :SIDE]
    labels = ((y - 250 - n) ** 2 + (x - 240 + n) ** 2 < radius**2).astype(np.uint16)
    return base64.b64encode(encode_mask(labels)).decode()


def _per_operation(before: dict[str, float], after: dict[str, float], count: int) -> str:
    parts = {name: (after[name] - before[name]) * 1000 / count for name in before}
    return (
        f"{sum(parts.values()):.1f} ms (web {parts['web']:.1f}, database {parts['postgres']:.1f})"
    )


def _cpu_ms(before: dict[str, float], after: dict[str, float], count: int) -> float:
    return sum(after[name] - before[name] for name in before) * 1000 / count


def save_alone(site: Site, world: World) -> Row:
    """One annotator saves stroke after stroke."""
    editor = Editor(site, world, 0)
    for _ in range(WARMING_SAVES):
        editor.save()
    editor.seconds.clear()
    before = site.cpu()
    for _ in range(ALONE_SAVES):
        editor.save()
    after = site.cpu()
    used = _cpu_ms(before, after, ALONE_SAVES)
    return Row(
        f"save of a stroke, {world.size:,} tasks",
        "≤ 5 ms CPU",
        f"{statistics.median(editor.seconds) * 1000:.1f} ms median",
        used <= 5 and not editor.errors,
        cpu=_per_operation(before, after, ALONE_SAVES),
    )


def save_together(site: Site, world: World) -> list[Row]:
    """Fifty annotators save: as fast as answers come, and at a human pace."""
    return [
        _load(site, world, pause=0.0, what="50 annotators saving without a pause"),
        _load(site, world, pause=THINK_SECONDS, what="50 annotators saving, 0.2 s between saves"),
    ]


def _load(site: Site, world: World, *, pause: float, what: str) -> Row:
    from backend.annotations.models import Revision

    editors = [Editor(site, world, n) for n in range(PEOPLE)]
    gate = threading.Barrier(PEOPLE + 1)

    def work(editor: Editor) -> None:
        gate.wait()
        until = time.monotonic() + LOAD_SECONDS
        while time.monotonic() < until:
            editor.save()
            if pause:
                time.sleep(pause)

    threads = [threading.Thread(target=work, args=(editor,)) for editor in editors]
    for thread in threads:
        thread.start()
    before = site.cpu()
    gate.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    after = site.cpu()
    taken = sorted(second for editor in editors for second in editor.seconds)
    saved = sum(editor.number for editor in editors)
    errors = sum(editor.errors for editor in editors)
    kept = Revision.objects.filter(
        document_id__in=[editor.document_id for editor in editors]
    ).count()
    p95 = taken[int(len(taken) * 0.95)]
    rate = saved / seconds
    return Row(
        f"{what}, {world.size:,} tasks",
        "≥ 120 saves/s, p95 ≤ 0.5 s, 0 errors, 0 lost",
        f"{rate:.0f} saves/s, p95 {p95 * 1000:.0f} ms, {errors} errors, {saved - kept} lost",
        rate >= 120 and p95 <= 0.5 and not errors and saved == kept,
        cpu=_per_operation(before, after, saved),
        note="the load runs on the same two cores",
    )


def next_task(site: Site, world: World, budget_ms: float) -> Row:
    """One person after another asks for work; nothing is given twice."""
    browsers = [Browser(site, token) for token in world.tokens]
    path = f"/api/v1/projects/{world.project.pk}/next"
    seconds, given = [], []
    before = site.cpu()
    for call in range(NEXT_CALLS):
        browser = browsers[call % PEOPLE]
        began = time.perf_counter()
        status = browser.post(path, b"{}")
        seconds.append(time.perf_counter() - began)
        assert status == 200, browser.body[:300]
        given.append(json.loads(browser.body)["task_open"]["task"]["id"])
    after = site.cpu()
    claim = _claim_ms(world)
    return Row(
        f"next task of {world.size:,} open ones",
        f"≤ {budget_ms:.0f} ms",
        f"{claim:.1f} ms to choose and lease; {statistics.median(seconds) * 1000:.0f} ms with "
        "all an editor needs, over HTTP",
        claim <= budget_ms and len(set(given)) == NEXT_CALLS,
        cpu=_per_operation(before, after, NEXT_CALLS),
    )


def _claim_ms(world: World) -> float:
    """Return the median of choosing and leasing alone, in this process."""
    from backend.core.actor import Actor
    from backend.worklists.services import task_next

    taken = []
    for call in range(NEXT_CALLS):
        actor = Actor(user_id=world.people[call % PEOPLE].pk)
        began = time.perf_counter()
        claim = task_next(actor=actor, project_id=world.project.pk)
        taken.append((time.perf_counter() - began) * 1000)
        assert claim.task_id is not None
    return statistics.median(taken)


def lists(site: Site, world: World) -> Row:
    """Pages of a very long list, with each filter."""
    browser = Browser(site, world.tokens[0])
    base = f"/api/v1/projects/{world.project.pk}/tasks"
    queries = ("", "?state=todo", "?state=in_progress", "?order=priority", "?order=number")
    queries += ("?search=4711", "?assignee=me", "?state=problem", "?search=CT", "?search=MR")
    slowest, taken = ("", 0.0), []
    for _ in range(5):
        for query in queries:
            began = time.perf_counter()
            status = browser.get(base + query)
            seconds = time.perf_counter() - began
            assert status == 200, browser.body[:300]
            taken.append(seconds)
            slowest = max(slowest, (query, seconds), key=lambda pair: pair[1])
    p95 = sorted(taken)[int(len(taken) * 0.95)] * 1000
    return Row(
        f"a page of {world.size:,} tasks",
        "≤ 200 ms p95",
        f"{p95:.0f} ms p95",
        p95 <= 200,
        note=f"slowest: {slowest[0] or 'no filter'} {slowest[1] * 1000:.0f} ms",
    )


def measure(folder: Path) -> Iterator[Row]:
    """Measure everything on one site that grows."""
    site = Site(folder)
    try:
        world = World()
        world.grow(1_000)
        site.start_web()
        yield save_alone(site, world)
        world.grow(10_000)
        yield next_task(site, world, 10)
        world.grow(100_000)
        yield save_alone(site, world)
        yield from save_together(site, world)
        yield next_task(site, world, 15)
        if "--quick" not in sys.argv:
            world.grow(1_000_000)
            yield lists(site, world)
    finally:
        site.stop()


if __name__ == "__main__":
    for row in measure(Path(sys.argv[1])):
        print(row.markdown(), file=sys.stderr, flush=True)
        print(MARK + json.dumps(asdict(row)), flush=True)
