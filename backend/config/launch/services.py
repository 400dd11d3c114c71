"""The processes of one machine, in the order in which they start."""

import os
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

from backend.config.launch import broker
from backend.config.launch.layout import ROOT, Layout
from backend.config.launch.supervisor import Service

BIN = Path(sys.executable).parent
WORKER = "backend.config.worker.StayingWorker"
MALLOC = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184"


def environment(layout: Layout, *, database_url: str, broker_url: str) -> dict[str, str]:
    """Return the variables every process is given; what the person set wins."""
    ours = {
        "DATABASE_URL": database_url,
        "LIMN_BROKER_URL": broker_url,
        "LIMN_BLOBS": str(layout.data / "blobs"),
        "LIMN_WEB_URL": layout.address,
        "LIMN_EVENTS_URL": f":{layout.port + 1}/events",
        "LIMN_ORIGINS": f"{layout.address},http://localhost:{layout.port}",
        "LIMN_DIMSE_HOST": layout.host,
        "LIMN_SECRET_KEY": layout.secret("web"),
        "LIMN_WORKER_TOKEN": layout.secret("worker"),
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        "PYTHONPATH": str(ROOT),
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {
        **ours,
        **kept,
        "LIMN_DATA": str(layout.data),
        **{k: ours[k] for k in ("PATH", "PYTHONPATH")},
    }


def broker_service(layout: Layout, port: int) -> Service:
    """Return the broker."""
    configuration = broker.write_configuration(
        layout.data / "broker", port=port, password=layout.secret("broker")
    )
    return Service(
        name="broker",
        argv=[broker.find_server(), str(configuration)],
        environment=dict(os.environ),
        ready=lambda: _accepts("127.0.0.1", port),
        serves_others=True,
        shown=False,  # its log file has it
    )


def web(layout: Layout, env: dict[str, str]) -> Service:
    """Return the web processes: the frame door in front of Django."""
    argv = [str(BIN / "gunicorn"), "backend.config.wsgi:application", f"--worker-class={WORKER}"]
    argv += ["--workers=2", "--threads=8", "--preload", "--no-control-socket", "--keep-alive=30"]
    argv += [
        f"--bind={layout.host}:{layout.port}",
        "--timeout=120",
        "--graceful-timeout=10",
        "--log-level=warning",
    ]
    return Service(
        name="web",
        argv=argv,
        environment={**env, "LIMN_START_GATE": str(layout.gate)},
        ready=lambda: _answers(f"{layout.address}/healthz"),
    )


def events(layout: Layout, env: dict[str, str]) -> Service:
    """Return the process that fans out news to open browsers."""
    argv = [str(BIN / "uvicorn"), "backend.config.events:application", "--log-level=warning"]
    argv += ["--host", layout.host, "--port", str(layout.port + 1), "--no-access-log"]
    argv += ["--timeout-graceful-shutdown", "1", "--no-server-header"]
    return Service(
        name="events",
        argv=argv,
        environment=env,
        ready=lambda: _accepts(layout.host, layout.port + 1),
    )


def dimse(layout: Layout, env: dict[str, str]) -> Service:
    """Return the process that scanners and workstations call."""
    return Service(
        name="dimse",
        argv=[sys.executable, "-m", "backend.config.dimse"],
        environment=env,
        ready=lambda: _accepts("127.0.0.1", layout.dimse_port),
    )


def default_worker(layout: Layout, env: dict[str, str]) -> Service:
    """Return the worker for Django's own jobs, with the clock that wakes the sweeper."""
    argv = [str(BIN / "celery"), "-A", "backend.config.celery", "-q", "worker", "-Q", "default"]
    argv += [
        "--pool=threads",
        "--concurrency=3",
        "--beat",
        "--loglevel=WARNING",
        "-n",
        "default@%h",
    ]
    argv += ["--without-gossip", "--without-mingle", f"--schedule={layout.run / 'beat'}"]
    return Service(name="worker", argv=argv, environment=env)


def ml_worker(env: dict[str, str]) -> Service:
    """Return the model worker on the processor.

    A training may take minutes; stopping does not wait for it, because its job row begins again
    at the next start.
    """
    argv = [str(BIN / "celery"), "-A", "ml_worker.celery_app", "-q", "worker", "-Q", "ml"]
    argv += ["--pool=solo", "--loglevel=WARNING", "-n", "ml@%h"]
    argv += ["--without-gossip", "--without-mingle"]
    threads = str(os.cpu_count() or 1)
    own = {"GLIBC_TUNABLES": MALLOC, "OMP_NUM_THREADS": threads}
    return Service(name="ml_worker", argv=argv, environment={**env, **own}, patience_s=3)


def _accepts(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.3):
            return True
    except OSError:
        return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
