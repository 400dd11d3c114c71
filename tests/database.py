"""A real PostgreSQL for the test session, started before Django reads its settings.

Loaded by ``-p tests.database`` (see pyproject.toml): plugins named there come before
pytest-django. Each session has a server of its own on a free port and removes it at the end.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from backend.config.launch.postgres import Postgres
from tests.ports import free_port


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="limn-test-"))
    folder.chmod(0o755)
    server = Postgres(folder=folder / "postgres", port=free_port(), log_path=folder / "log")
    server.start(fast_and_loose=True)

    def stop() -> None:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    os.environ.update(
        DATABASE_URL=server.url,
        LIMN_SECRET_KEY="for-tests-only-" + "x" * 40,
        LIMN_WORKER_TOKEN="worker-token-for-tests",
        LIMN_BROKER_URL=f"redis://127.0.0.1:{free_port()}/0",
        LIMN_DATA=str(folder / "data"),
        LIMN_BLOBS=str(folder / "data" / "blobs"),
    )


if "LIMN_TEST_RUNNING" not in os.environ:
    _start()
