"""Start and idle memory of the whole product."""

import subprocess
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from tests.bench.rows import Row
from tests.installation import Installation


def rows() -> list[Row]:
    """Start on nothing, start again, and weigh what idles."""
    with tempfile.TemporaryDirectory(prefix="limn-bench-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        empty = _start_seconds(data)
        limn = Installation(demo=False, data=data)
        there = limn.start()
        web_there = limn.web_seconds
        try:
            memory = _idle_memory(limn)
        finally:
            limn.stop()
    return [
        Row(
            "start, nothing there yet (web answers)",
            "≤ 8 s",
            f"{empty:.1f} s",
            empty <= 8,
            reason="initdb and the first migrations, on the cores that import Django meanwhile",
        ),
        Row(
            "start, database there (web answers)",
            "≤ 1.5 s",
            f"{web_there:.1f} s",
            web_there <= 1.5,
            note=f"all processes: {there:.1f} s",
            reason="importing Django, the framework and pydicom alone takes 1.6 s of CPU here",
        ),
        *memory,
    ]


def _start_seconds(data: Path) -> float:
    limn = Installation(demo=False, data=data)
    limn.start()
    limn.stop()
    return limn.web_seconds


def _idle_memory(limn: Installation) -> list[Row]:
    for _ in range(20):
        httpx.get(limn.address + "/readyz", timeout=10)
    time.sleep(3)
    web, worker, ml = (_pss_mib(limn.pid(name)) for name in ("web", "worker", "ml_worker"))
    torch = any("torch" in path for path in _mapped(limn.pid("web")) | _mapped(limn.pid("worker")))
    return [
        Row(
            "idle memory, web and default worker",
            "≤ 250 MiB, no torch",
            f"{web + worker:.0f} MiB",
            web + worker <= 250 and not torch,
            note=f"proportional set size: web {web:.0f}, worker {worker:.0f}; ML worker {ml:.0f} MiB",
            reason="two interpreters with Django, Celery, numpy and pydicom, and the beat's own",
        )
    ]


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def _pss_mib(pid: int) -> float:
    return sum(process.memory_full_info().pss for process in _family(pid)) / 1024**2


def _mapped(pid: int) -> set[str]:
    return {entry.path for process in _family(pid) for entry in process.memory_maps()}


def install_rows() -> list[Row]:
    """Install Limn without torch into an empty environment; needs the package registry."""
    with tempfile.TemporaryDirectory(prefix="limn-install-") as folder:
        began = time.monotonic()
        venv = Path(folder) / "venv"
        subprocess.run(["python3", "-m", "venv", str(venv)], check=True)
        command = [str(venv / "bin" / "pip"), "install", "-q", "-c", "requirements.lock"]
        subprocess.run([*command, ".[web,embedded]"], check=True)
        seconds = time.monotonic() - began
        size = sum(f.stat().st_size for f in venv.rglob("*") if f.is_file() and not f.is_symlink())
    megabytes = size / 1e6
    return [
        Row(
            "install without torch",
            "≤ 60 s, ≤ 400 MB",
            f"{seconds:.0f} s, {megabytes:.0f} MB",
            seconds <= 60 and megabytes <= 400,
            reason="codecs, PostgreSQL and the film reader are most of it",
        )
    ]
