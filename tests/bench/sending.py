"""Instances to send, and senders over STOW-RS."""

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from fixtures.grids import SeriesGrid, centred, tilted
from fixtures.writer import SeriesHeader, write_series
from tests.bench.load import in_threads

PER_REQUEST = 20
SIDE = 512


def series_files(folder: Path, name: str, frames: int, side: int = SIDE) -> list[Path]:
    """Write a CT series of 16 bit with noise, so that nothing compresses it."""
    grid: SeriesGrid = centred(
        centre_mm_lps=(1.0, -2.0, 3.0),
        shape_kji=(frames, side, side),
        spacing_mm_ijk=(0.7, 0.7, 2.0),
        directions=tilted((0.0, 0.0, 0.0)),
    )
    header = SeriesHeader(
        name=name, modality="CT", patient_id=name, patient_name=f"Bench^{name}", bits_stored=12
    )
    noise = np.random.default_rng(7).integers(0, 4096, (frames, side, side), dtype=np.uint16)
    return write_series(folder / name, grid, header, noise)


def bodies_of(paths: list[Path]) -> list[bytes]:
    """Return STOW-RS bodies of several instances each."""
    lead = b"\r\n--edge\r\nContent-Type: application/dicom\r\n\r\n"
    return [
        b"".join(lead + path.read_bytes() for path in paths[n : n + PER_REQUEST])
        + b"\r\n--edge--\r\n"
        for n in range(0, len(paths), PER_REQUEST)
    ]


def send(port: int, path: str, token: str, bodies: list[bytes]) -> None:
    """Send bodies one after another over one connection."""
    kind = 'multipart/related; type="application/dicom"; boundary=edge'
    headers = {"Content-Type": kind, "Accept": "application/dicom+json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for body in bodies:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status not in {200, 202}:
            raise RuntimeError(f"{answer.status}: {told[:300]!r}")


@dataclass(frozen=True)
class Target:
    """A server that takes instances in, and how its CPU time is read."""

    port: int
    path: str
    token: str
    cpu: Callable[[], dict[str, float]]

    def send(self, bodies: list[bytes]) -> None:
        """Send bodies over one connection."""
        send(self.port, self.path, self.token, bodies)

    def measure(self, parts: list[list[bytes]]) -> tuple[float, dict[str, float]]:
        """Return instances per second, and CPU milliseconds an instance of each part."""
        before = self.cpu()
        seconds = in_threads([lambda bodies=bodies: self.send(bodies) for bodies in parts])
        after = self.cpu()
        count = PER_REQUEST * sum(len(bodies) for bodies in parts)
        used = {part: (after[part] - before[part]) / count * 1e3 for part in before}
        return count / seconds, used


def send_streamed(port: int, path: str, token: str, paths: list[Path]) -> None:
    """Send files in one request, one of them in memory at a time."""
    lead = b"\r\n--edge\r\nContent-Type: application/dicom\r\n\r\n"
    end = b"\r\n--edge--\r\n"
    size = sum(len(lead) + each.stat().st_size for each in paths) + len(end)
    headers = {
        "Content-Type": 'multipart/related; type="application/dicom"; boundary=edge',
        "Content-Length": str(size),
        "Authorization": f"Bearer {token}",
    }
    pieces = (piece for each in paths for piece in (lead, each.read_bytes()))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("POST", path, chain(pieces, [end]), headers)
    answer = connection.getresponse()
    told = answer.read()
    if answer.status not in {200, 202}:
        raise RuntimeError(f"{answer.status}: {told[:300]!r}")
