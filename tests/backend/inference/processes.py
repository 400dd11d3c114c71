"""Real processes around the test's database, each of which can be killed and started again."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings
from django.db import connection

from backend.config.launch.broker import find_server, write_configuration
from backend.config.launch.services import WORKER
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
PASSWORD = "broker-for-tests"
LEASE_SECONDS = 8


class Site:
    """Broker, web, default worker and model worker; `kill` is SIGKILL to all of one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen] = {}
        self.web_port, self._broker_port = free_port(), free_port()
        self.address = f"http://127.0.0.1:{self.web_port}"
        database = connection.settings_dict
        self._environment = {
            **os.environ,
            "DATABASE_URL": (
                f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:"
                f"{database['PORT']}/{database['NAME']}"
            ),
            "LIMN_BROKER_URL": f"redis://:{PASSWORD}@127.0.0.1:{self._broker_port}/0",
            "LIMN_WEB_URL": self.address,
            "LIMN_BLOBS": settings.LIMN_BLOBS,
            "LIMN_DATA": str(folder),
            "LIMN_SECRET_KEY": settings.SECRET_KEY,
            "LIMN_WORKER_TOKEN": settings.LIMN_WORKER_TOKEN,
            "LIMN_LEASE_SECONDS": str(LEASE_SECONDS),
            "LIMN_DEVICE": "cpu",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }

    def start(self, name: str) -> None:
        """Start a process; its output goes to a file of the test's folder."""
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._command(name),
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """End a process and its children without a chance to say goodbye."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_all(self) -> None:
        """End whatever still runs."""
        for name in list(self._running):
            self.kill(name)

    def web_answers(self) -> bool:
        """Tell whether the web process is alive."""
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=2) as answer:  # noqa: S310
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def logs(self) -> str:
        """Return the end of every log, for the message of a failed test."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}"
            for log in sorted(self._folder.glob("*.log"))
        )

    def _command(self, name: str) -> list[str]:
        celery = [str(BIN / "celery"), "-q", "-A"]
        quiet = ["--without-gossip", "--without-mingle", "--loglevel=WARNING"]
        if name == "broker":
            configuration = write_configuration(
                self._folder / "broker", port=self._broker_port, password=PASSWORD
            )
            return [find_server(), str(configuration)]
        if name == "web":
            return [
                str(BIN / "gunicorn"),
                "backend.config.wsgi:application",
                f"--bind=127.0.0.1:{self.web_port}",
                f"--worker-class={WORKER}",
                "--threads=4",
                "--no-control-socket",
            ]
        if name == "default":
            beat = ["--beat", f"--schedule={self._folder / 'beat'}"]
            pool = ["--pool=solo", "-n", "default@%h"]
            return [
                *celery,
                "backend.config.celery",
                "worker",
                "-Q",
                "default",
                *pool,
                *beat,
                *quiet,
            ]
        pool = ["--pool=solo", "-n", "ml@%h"]
        return [*celery, "ml_worker.celery_app", "worker", "-Q", "ml", *pool, *quiet]


def wait_until(condition, *, seconds, what, site):
    """Wait for something to become true; say what was waited for, with the logs, if it does not."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds} s\n{site.logs()}")
