"""Peers that run beside Limn where they are installed: nginx for frames, Orthanc for ingest."""

import contextlib
import http.client
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
_NGINX = (
    "daemon off; error_log stderr crit; pid {folder}/nginx.pid; worker_processes 2;"
    " events {{}} http {{ access_log off; sendfile on; client_body_temp_path {folder}/t;"
    " server {{ listen 127.0.0.1:{port}; root {folder}/static; }} }}"
)
_PLUGINS = ("/usr/share/orthanc/plugins", "/usr/lib/orthanc", "/usr/local/share/orthanc/plugins")
_START_SECONDS = 20.0


@dataclass(frozen=True)
class Peer:
    """A running server: its port and its process."""

    port: int
    process: psutil.Popen


@contextlib.contextmanager
def static_server(folder: Path, frames: list[bytes]) -> Iterator[Peer | None]:
    """Yield an nginx that serves the frames as files; None where nginx is not there."""
    program = nginx_program()
    if program is None:
        yield None
        return
    static = folder / "static"
    static.mkdir()
    for number, content in enumerate(frames):
        (static / str(number)).write_bytes(content)
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=folder, port=port))
    for path in (static, *static.iterdir()):
        path.chmod(0o755)
    server = psutil.Popen([program, "-c", str(configuration), "-p", str(folder)])
    with _running(server, port, "/0"):
        yield Peer(port, server)


def production_nginx(folder: Path, web_port: int, port: int) -> Path:
    """Write the nginx of production for one machine: other ports and folders, nothing else."""
    text = (ROOT / "frontend" / "nginx.conf").read_text()
    for old, new in (
        ("pid /tmp/nginx.pid;", f"daemon off; error_log stderr crit; pid {folder}/front.pid;"),
        (
            "include       mime.types;",
            f"client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;",
        ),
        ("/var/cache/nginx", str(folder / "cache")),
        ("server web:8000;", f"server 127.0.0.1:{web_port};"),
        ("server events:8001;", f"server 127.0.0.1:{web_port};"),
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
        ("root /usr/share/nginx/html;", f"root {folder};"),
    ):
        if old not in text:
            raise RuntimeError(f"frontend/nginx.conf does not say {old}")
        text = text.replace(old, new)
    (folder / "cache").mkdir(exist_ok=True)
    (folder / "cache").chmod(0o777)
    configuration = folder / "front.conf"
    configuration.write_text(text)
    return configuration


@contextlib.contextmanager
def front_server(folder: Path, web_port: int) -> Iterator[Peer | None]:
    """Yield the nginx of production before a web process; None where nginx is not there."""
    program = nginx_program()
    if program is None:
        yield None
        return
    port = free_port()
    configuration = production_nginx(folder, web_port, port)
    server = psutil.Popen([program, "-c", str(configuration), "-p", str(folder)])
    with _running(server, port, "/healthz"):
        yield Peer(port, server)


def nginx_program() -> str | None:
    """Return where nginx is."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@contextlib.contextmanager
def orthanc_server(folder: Path) -> Iterator[Peer | None]:
    """Yield an Orthanc with STOW-RS, on SQLite, with its own defaults; None where it is not there."""
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
    plugins = [path for place in _PLUGINS for path in Path(place).glob("*OrthancDicomWeb*")]
    if program is None or not plugins:
        yield None
        return
    home = folder / "orthanc"
    home.mkdir()
    port = free_port()
    settings = {
        "StorageDirectory": str(home),
        "IndexDirectory": str(home),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(plugins[0])],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    configuration = home / "orthanc.json"
    configuration.write_text(json.dumps(settings))
    with (home / "log").open("wb") as log:
        server = psutil.Popen([program, str(configuration)], stdout=log, stderr=log)
        with _running(server, port, "/system"):
            yield Peer(port, server)


@contextlib.contextmanager
def _running(server: psutil.Popen, port: int, path: str) -> Iterator[None]:
    """Wait until the server answers; end it afterwards."""
    try:
        until = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                connection.request("GET", path)
                connection.getresponse().read()
                break
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{server.args[0]} does not answer")
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait(timeout=20)
