"""The web process itself, a real gunicorn on the tests' database, asked over a real socket."""

import http.client
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection

from backend.config.launch.services import WORKER
from tests.conftest import ROOT
from tests.ports import free_port

PATIENCE = 60.0


class WebProcess:
    """One worker of it; what it keeps in memory can be measured."""

    def __init__(self, port, process):
        self.port = port
        self._process = process

    def connection(self):
        """Return a connection that nothing was asked on yet."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def bytes_of(self, path, headers):
        """Ask, and return the status and how many bytes came; they are let go as they come."""
        link = self.connection()
        link.request("GET", path, headers=headers)
        answer = link.getresponse()
        count = 0
        while chunk := answer.read(1 << 20):
            count += len(chunk)
        link.close()
        return answer.status, count

    def forget_peak(self):
        """Forget how large the worker has been."""
        for pid in self._workers():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak_mib(self):
        """Return the largest resident size that the worker has had."""
        lines = [
            line
            for pid in self._workers()
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if line.startswith("VmHWM")
        ]
        return max(int(line.split()[1]) for line in lines) / 1024

    def _workers(self):
        return [child.pid for child in psutil.Process(self._process.pid).children()]


@contextmanager
def running_web():
    """Start one on the store of the test, and end it."""
    port = free_port()
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}"
    environment = {
        **os.environ,
        "DATABASE_URL": url.format_map(connection.settings_dict),
        "LIMN_BLOBS": str(settings.LIMN_BLOBS),
        "LIMN_DATA": str(Path(settings.LIMN_BLOBS).parent),
    }
    argv = [str(Path(sys.executable).parent / "gunicorn"), "backend.config.wsgi:application"]
    argv += [
        f"--worker-class={WORKER}",
        "--workers=1",
        "--threads=4",
        "--no-control-socket",
    ]
    argv += ["--log-level=warning", f"--bind=127.0.0.1:{port}"]
    process = subprocess.Popen(argv, cwd=ROOT, env=environment)
    web = WebProcess(port, process)
    try:
        _wait(web, process)
        yield web
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(web, process):
    until = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError):
            if web.bytes_of("/healthz", {})[0] == 200:
                return
        assert process.poll() is None, "the web process ended at its start"
        assert time.monotonic() < until, "the web process does not answer"
        time.sleep(0.05)
