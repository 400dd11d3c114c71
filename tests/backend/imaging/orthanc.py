"""A real Orthanc beside the tests, as a remote archive: DIMSE, REST and DICOMweb."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.ports import free_port

_PLUGINS = ("/usr/share/orthanc/plugins", "/usr/lib/orthanc", "/usr/local/share/orthanc/plugins")
_START_SECONDS = 30.0


@dataclass(frozen=True)
class Orthanc:
    """Where it listens."""

    http_port: int
    dicom_port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def send(self, paths) -> None:
        """Put files into it."""
        for path in paths:
            answer = httpx.post(f"{self.address}/instances", content=path.read_bytes())
            answer.raise_for_status()

    def know(self, name: str, title: str, port: int) -> None:
        """Tell it of an AE that it may send to."""
        body = {"AET": title, "Host": "127.0.0.1", "Port": port}
        httpx.put(f"{self.address}/modalities/{name}", json=body).raise_for_status()

    def empty(self) -> None:
        """Remove all patients."""
        for patient in httpx.get(f"{self.address}/patients").json():
            httpx.delete(f"{self.address}/patients/{patient}")


def orthanc_program() -> str | None:
    """Return where Orthanc and its DICOMweb are, None where they are not."""
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
    return program if program and _web_plugin() else None


def _web_plugin() -> Path | None:
    found = [path for place in _PLUGINS for path in Path(place).glob("*OrthancDicomWeb*")]
    return found[0] if found else None


@contextmanager
def running_orthanc(home: Path) -> Iterator[Orthanc]:
    """Start one and end it."""
    there = Orthanc(free_port(), free_port())
    settings = {
        "StorageDirectory": str(home),
        "IndexDirectory": str(home),
        "HttpPort": there.http_port,
        "DicomPort": there.dicom_port,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": False,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowMove": True,
        "DicomAlwaysAllowStore": True,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(_web_plugin())],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    (home / "orthanc.json").write_text(json.dumps(settings))
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [str(orthanc_program()), str(home / "orthanc.json")], stdout=log, stderr=log
        )
        try:
            _wait(server, there)
            yield there
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait(server, there: Orthanc) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            httpx.get(f"{there.address}/system").raise_for_status()
        except httpx.HTTPError:
            assert server.poll() is None, "Orthanc ended at its start"
            assert time.monotonic() < until, "Orthanc does not answer"
            time.sleep(0.05)
        else:
            return
