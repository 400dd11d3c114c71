"""A whole Limn of a test's own: started by the launcher, used over HTTP, killed part by part."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

from tests.ports import free_port_pair

ROOT = Path(__file__).resolve().parents[1]


class Installation:
    """`with Installation(...) as limn:` brings everything up and takes it down again."""

    def __init__(self, *, demo: bool, patients: int = 24, data: Path | None = None, **variables):
        self.port = free_port_pair()
        self.data = data or Path(tempfile.mkdtemp(prefix="limn-whole-"))
        self.data.chmod(0o755)
        self.watched = self.data.with_name(f"{self.data.name}-watched")
        self.watched.mkdir(exist_ok=True)
        self.address = f"http://127.0.0.1:{self.port}"
        self._keep = data is not None
        self._log = (self.data / "launcher.log").open("ab")
        foreign = ("DATABASE_URL", "LIMN_", "DJANGO_")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
        self.environment = {
            **clean,
            "LIMN_DATA": str(self.data),
            "LIMN_PORT": str(self.port),
            "LIMN_DEMO": "1" if demo else "0",
            "LIMN_DEMO_PATIENTS": str(patients),
            "LIMN_WATCH_ROOTS": str(self.watched),
            **{name: str(value) for name, value in variables.items()},
        }
        self.process = None
        self.web_seconds = 0.0

    @classmethod
    def running(cls, data: Path, port: int) -> "Installation":
        """Return one that somebody else started, for quick work on a browser test."""
        there = cls(demo=True, data=data)
        there.port = port
        there.address = f"http://127.0.0.1:{port}"
        there.environment["LIMN_PORT"] = str(port)
        return there

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        self._log.close()
        if not self._keep:
            shutil.rmtree(self.data, ignore_errors=True)
            shutil.rmtree(self.watched, ignore_errors=True)

    def start(self, timeout_s: float = 400) -> float:
        """Start; return the seconds until Limn said that it is ready."""
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backend.config.launch", "up"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._log.write(line.encode())
            self._log.flush()
            if "The web process answers" in line:
                self.web_seconds = time.monotonic() - began
            if "Limn is ready" in line:
                break
            if time.monotonic() - began > timeout_s:
                break
        else:
            raise AssertionError(
                f"Limn did not start; see {self.data / 'launcher.log'}\n" + self.tail()
            )
        seconds = time.monotonic() - began
        threading.Thread(target=self._drain, daemon=True).start()
        return seconds

    def _drain(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not self._log.closed:
                self._log.write(line.encode())
                self._log.flush()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process = None

    def tail(self) -> str:
        """Return the last lines of the launcher's log."""
        return "\n".join(
            (self.data / "launcher.log").read_text(errors="replace").splitlines()[-25:]
        )

    def pid(self, service: str) -> int:
        """Return the process id of a service."""
        return json.loads((self.data / "run" / "pids.json").read_text())[service]

    def kill(self, service: str) -> None:
        """Kill -9 a service with all its children; the launcher starts it again."""
        os.killpg(self.pid(service), signal.SIGKILL)

    def manage(self, *arguments: str) -> str:
        """Run a management command in this installation; return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {arguments} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def token(self, email: str) -> str:
        """Return an API token for a person."""
        return self.manage("token", email).strip().splitlines()[-1]

    def client(self, email: str) -> httpx.Client:
        """Return an HTTP client that is this person."""
        headers = {"Authorization": f"Bearer {self.token(email)}"}
        return httpx.Client(base_url=self.address, headers=headers, timeout=60)

    def sign_ins(self) -> dict[str, str]:
        """Return e-mail → password of the demo's people, the administrator first."""
        pairs = {}
        for line in (self.data / "secrets" / "sign-ins.txt").read_text().splitlines():
            words = line.split()
            mails = [word for word in words if "@" in word]
            if mails:
                pairs[mails[0]] = words[words.index(mails[0]) + 1]
        return pairs
