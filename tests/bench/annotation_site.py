"""A site of its own for measuring saves and queues: PostgreSQL, gunicorn, a project of any size.

Django reads its settings once, so everything of Limn is imported after `Site` has set them.
"""
# ruff: noqa: PLC0415

import contextlib
import http.client
import os
import sys
import time
from pathlib import Path

import psutil

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 50
SIDE = 512
FRAMES = 60


class Site:
    """PostgreSQL, two web processes, and the CPU time they use."""

    def __init__(self, folder: Path) -> None:
        from backend.config.launch.postgres import Postgres

        self.folder = folder
        self.database = Postgres(
            folder=folder / "postgres", port=free_port(), log_path=folder / "log"
        )
        self.database.start()
        os.environ.update(
            DJANGO_SETTINGS_MODULE="backend.config.settings",
            DATABASE_URL=self.database.url,
            LIMN_SECRET_KEY="for-measuring-only-" + "x" * 40,
            LIMN_WORKER_TOKEN="worker-token-for-measuring",
            LIMN_BROKER_URL=f"redis://127.0.0.1:{free_port()}/0",
            LIMN_DATA=str(folder / "data"),
            LIMN_BLOBS=str(folder / "data" / "blobs"),
        )
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        self.port = free_port()
        self.web: psutil.Process | None = None

    def start_web(self) -> None:
        """Start gunicorn as the launcher does."""
        from backend.config.launch.services import WORKER

        argv = [str(Path(sys.executable).parent / "gunicorn"), "backend.config.wsgi:application"]
        argv += [
            f"--worker-class={WORKER}",
            "--workers=2",
            "--threads=8",
            "--preload",
        ]
        argv += ["--no-control-socket", "--keep-alive=30", "--log-level=warning"]
        argv += [f"--bind=127.0.0.1:{self.port}"]
        self.web = psutil.Popen(argv, cwd=ROOT)
        while True:
            with contextlib.suppress(OSError):
                if Browser(self, "").get("/healthz") == 200:
                    return
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop everything."""
        if self.web is not None:
            self.web.terminate()
            self.web.wait(timeout=30)
        self.database.stop()

    def reset_peaks(self) -> None:
        """Forget the largest sizes of the web processes so far."""
        for pid in self._web_pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak_mib(self) -> float:
        """Return the largest resident size that a web process has had."""
        lines = (
            line
            for pid in self._web_pids()
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if line.startswith("VmHWM")
        )
        return max(int(line.split()[1]) for line in lines) / 1024

    def _web_pids(self) -> list[int]:
        assert self.web is not None
        parent = psutil.Process(self.web.pid)
        return [process.pid for process in [parent, *parent.children(recursive=True)]]

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds used so far by the web processes and by PostgreSQL."""
        assert self.web is not None
        assert self.database.process is not None
        return {"web": cpu_of(self.web.pid), "postgres": cpu_of(self.database.process.pid)}


def cpu_of(pid: int) -> float:
    total = 0.0
    parent = psutil.Process(pid)
    for process in [parent, *parent.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    times = parent.cpu_times()
    return total + times.children_user + times.children_system


class Browser:
    """One kept-alive connection of one person."""

    def __init__(self, site: Site, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.body = b""

    def get(self, path: str) -> int:
        """Return the status; the answer is in `body`."""
        return self._send("GET", path, None)

    def post(self, path: str, body: bytes) -> int:
        """Return the status; the answer is in `body`."""
        return self._send("POST", path, body)

    def _send(self, method: str, path: str, body: bytes | None) -> int:
        headers = {**self._headers, "Content-Type": "application/json"}
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        self.body = answer.read()
        return answer.status


_GROW = """
WITH new_grids AS (
    INSERT INTO imaging_grid (id, series_id, name, number, is_regular, reason, rows, columns,
        frame_count, frame_of_reference_uid, frames, created_at, origin_mm_lps, spacing_mm_ijk,
        direction, orientation, pixel_spacing_mm)
    SELECT gen_random_uuid(), g.series_id, '', 0, true, '', g.rows, g.columns, g.frame_count, '',
        CASE WHEN n <= 2000 THEN g.frames ELSE '[]'::jsonb END, now(), g.origin_mm_lps,
        g.spacing_mm_ijk, g.direction, g.orientation, g.pixel_spacing_mm
    FROM imaging_grid g, generate_series(1, %(count)s) n WHERE g.id = %(grid)s
    RETURNING id
), numbered AS (
    SELECT id AS grid_id, gen_random_uuid() AS unit_id, gen_random_uuid() AS document_id,
           %(start)s + row_number() OVER () AS number
    FROM new_grids
), new_units AS (
    INSERT INTO projects_unit (id, project_id, grid_id, number, created_at)
    SELECT unit_id, %(project)s, grid_id, number, now() FROM numbered
), new_documents AS (
    INSERT INTO annotations_document (id, project_id, grid_id, schema_id, kind, state,
        head_number, created_at, updated_at)
    SELECT document_id, %(project)s, grid_id, %(schema)s, 'label', 'draft', 0, now(), now()
    FROM numbered
)
INSERT INTO worklists_task (id, project_id, unit_id, number, modality, document_id, state,
    priority, active_ms, skip_reason, problem_text, returned_reason, created_at, updated_at)
SELECT gen_random_uuid(), %(project)s, unit_id, number, 'CT', document_id, 'todo',
       CASE WHEN number <= 2000 THEN 1 ELSE 0 END + random(), 0,
       '', '', '', now(), now() - number * interval '1 second'
FROM numbered
"""


class World:
    """A project of any size with its people."""

    def __init__(self) -> None:
        from backend.accounts.services import token_create
        from backend.core.actor import Actor
        from backend.imaging.services import audience_add_studies, audience_set_members
        from tests.backend.worklists.images import make_image
        from tests.factories import make_project, make_user

        self.people = [make_user(f"Reader{n}") for n in range(PEOPLE)]
        self.grid = make_image(rows=SIDE, columns=SIDE, frame_count=FRAMES)
        self.project = make_project(owner=self.people[0])
        self.schema = self.project.schemas.get()
        audience_add_studies(audience_id=self.project.pk, study_ids=[self.grid.series.study_id])
        for person in self.people[1:]:
            self.project.memberships.create(user=person, role="annotator")
        audience_set_members(
            audience_id=self.project.pk, user_ids=[person.pk for person in self.people]
        )
        self.tokens = [
            token_create(actor=Actor.system(), owner_id=person.pk, name="bench")[1]
            for person in self.people
        ]
        self.size = 0

    def grow(self, size: int) -> None:
        """Add tasks until there are `size`."""
        from django.db import connection

        from backend.worklists.models import QueueState

        values = {
            "count": size - self.size,
            "start": self.size,
            "grid": self.grid.pk,
            "project": self.project.pk,
            "schema": self.schema.pk,
        }
        with connection.cursor() as cursor:
            # Rows that refer to rows of the same statement need no check one by one.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(_GROW, values)
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("VACUUM ANALYZE")
        QueueState.objects.update_or_create(project=self.project, defaults={"unit_number": size})
        self.size = size
