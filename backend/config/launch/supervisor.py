"""Keeps a handful of processes up: start in order, wait until ready, restart, stop in reverse."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BACK_OFF_SECONDS = (0.5, 1, 2, 5, 10)


@dataclass
class Service:
    """One process: how it is started, when it counts as ready, how it is asked to stop.

    `patience_s` is how long it may take to stop before it is killed; one that `serves_others`
    is stopped after all those that do not.
    """

    name: str
    argv: list[str]
    environment: dict[str, str]
    ready: Callable[[], bool] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience_s: float = 20
    serves_others: bool = False
    shown: bool = True
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0


class StartFailed(RuntimeError):
    """A process ended instead of becoming ready."""


class Supervisor:
    """Runs services whose output goes to a log file each, and to the screen with its name."""

    def __init__(self, logs: Path, pids: Path) -> None:
        self._logs = logs
        self._pids = pids
        self._services: list[Service] = []
        self.stopping = threading.Event()

    def start(self, service: Service) -> None:
        """Start one service and wait until it is ready."""
        self.spawn(service)
        self.wait(service)

    def spawn(self, service: Service) -> None:
        """Start one service; `wait` for it later."""
        self._services.append(service)
        self._spawn(service)

    def wait(self, service: Service) -> None:
        """Wait until a service is ready; raises StartFailed where it ended instead."""
        while service.ready is not None and not service.ready():
            if service.process is None or service.process.poll() is not None:
                raise StartFailed(self._last_words(service))
            if self.stopping.wait(0.05):
                return

    def watch(self) -> None:
        """Restart what dies, with growing pauses, until asked to stop."""
        while not self.stopping.wait(0.5):
            for service in self._services:
                if service.process is not None and service.process.poll() is not None:
                    self._revive(service)

    def stop(self) -> None:
        """Ask all to stop together, those that serve others last; those that do not are killed."""
        self.stopping.set()
        _stop([service for service in self._services if not service.serves_others])
        _stop([service for service in self._services if service.serves_others])
        self._pids.unlink(missing_ok=True)

    def _revive(self, service: Service) -> None:
        if time.monotonic() - service.started_at > 60:
            service.failures = 0
        pause = BACK_OFF_SECONDS[min(service.failures, len(BACK_OFF_SECONDS) - 1)]
        say(f"{service.name} ended unexpectedly; it is started again in {pause:g} s.")
        service.failures += 1
        if not self.stopping.wait(pause):
            self._spawn(service)

    def _spawn(self, service: Service) -> None:
        service.process = subprocess.Popen(  # noqa: S603  our own programs
            service.argv,
            env=service.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        service.started_at = time.monotonic()
        threading.Thread(target=self._copy_output, args=(service,), daemon=True).start()
        self._note_pids()

    def _copy_output(self, service: Service) -> None:
        process = service.process
        if process is None or process.stdout is None:
            return
        with (self._logs / f"{service.name}.log").open("ab", buffering=0) as log:
            for line in process.stdout:
                log.write(line)
                text = line.decode(errors="replace").rstrip()
                if service.shown and text:
                    print_line(service.name, text)

    def _note_pids(self) -> None:
        pids = {s.name: s.process.pid for s in self._services if s.process is not None}
        pids["launcher"] = os.getpid()
        self._pids.write_text(json.dumps(pids), encoding="utf-8")

    def _last_words(self, service: Service) -> str:
        time.sleep(0.2)
        log = self._logs / f"{service.name}.log"
        lines = log.read_text(errors="replace").splitlines()[-12:] if log.exists() else []
        return f"{service.name} did not start. Its last words ({log}):\n  " + "\n  ".join(lines)


def _stop(services: list[Service]) -> None:
    asked_at = time.monotonic()
    for service in services:
        if service.process is not None and service.process.poll() is None:
            service.process.send_signal(service.stop_signal)
    for service in services:
        if service.process is not None:
            left_s = max(0.0, asked_at + service.patience_s - time.monotonic())
            _wait_or_kill(service.process, left_s)


def _wait_or_kill(process: subprocess.Popen[bytes], patience_s: float) -> None:
    try:
        process.wait(timeout=patience_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def kill_leftovers(pids: Path, marks: tuple[str, ...]) -> None:
    """End processes of an earlier run that was killed; a foreign process with that id is spared.

    `marks` are strings of which our command lines hold at least one.
    """
    if not pids.exists():
        return
    try:
        noted: dict[str, int] = json.loads(pids.read_text(encoding="utf-8"))
    except ValueError:
        noted = {}
    for name, pid in noted.items():
        if name != "launcher" and any(mark in _command_line(pid) for mark in marks):
            say(f"Ending {name} (process {pid}), left over from an earlier run.")
            _end(pid)
    pids.unlink(missing_ok=True)


def _end(pid: int) -> None:
    for name in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(pid, name)
        except ProcessLookupError:
            return
        for _ in range(100):
            if not _command_line(pid):
                return
            time.sleep(0.05)


def _command_line(pid: int) -> str:
    answer = subprocess.run(  # noqa: S603  a number from our own file
        ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607  ps is where the system has it
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    print_line("limn", sentence)


def print_line(name: str, text: str) -> None:
    """Print a line under the name of who speaks; a terminal that was closed changes nothing."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{name:>9} | {text}\n")
        sys.stdout.flush()
