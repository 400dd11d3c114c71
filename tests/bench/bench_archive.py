"""The archive: instances in, frames and metadata out, searches over a million instances.

Against a real gunicorn and a durable PostgreSQL, in a process of its own (Django reads its settings
once). Peers run beside it where they are installed: Orthanc takes the same instances in and is asked
the same, nginx serves the same frames as files. CPU is that of the web processes and of PostgreSQL.
"""
# ruff: noqa: PLC0415

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.bench.annotation_site import ROOT, Site, cpu_of
from tests.bench.archive_frames import measure_frames
from tests.bench.archive_search import measure_latency, measure_million
from tests.bench.peers import Peer, orthanc_server
from tests.bench.rows import Row
from tests.bench.sending import PER_REQUEST, Target, bodies_of, send_streamed, series_files

MARK = "BENCH-ROWS "
INSTANCES = 1000
LONG_SERIES = 2000
LONG_SIDE = 256
SENDERS = (1, 4)
# Disks and shared machines wobble: both are measured in turn, and the middle of the ratios is told.
ROUNDS = 3
TOKEN = "bench"
ORTHANC_PATH = "/dicom-web/studies"
# The best that was seen on two shared cores, for machines where it is not installed.
ORTHANC_PER_SECOND = 290
MOST_GROWTH_MIB = 64
Measured = tuple[float, dict[str, float]]


def rows() -> list[Row]:
    """Run the measurements in a process of their own."""
    return _rows_of("all")


def ingest_rows() -> list[Row]:
    """Run only what takes instances in."""
    return _rows_of("ingest")


def frame_rows() -> list[Row]:
    """Run only what serves frames."""
    return _rows_of("frames")


def search_rows() -> list[Row]:
    """Run only the searches over a million instances."""
    return _rows_of("search")


def _rows_of(part: str) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="limn-bench-") as folder:
        Path(folder).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_archive", folder, part],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith(MARK))
    return [Row(**row) for row in json.loads(line.removeprefix(MARK))]


def measure_ingest(site: Site, peer: Peer | None, folder: Path) -> list[Row]:
    """Send the same new instances to both, with one and with several senders; fsync is on."""
    ours = Target(site.port, "/dicomweb/studies", TOKEN, site.cpu)
    warm_up = bodies_of(series_files(folder, "W", PER_REQUEST * 4))
    ours.send(warm_up)
    theirs = None
    if peer is not None:
        cpu = lambda: {"orthanc": cpu_of(peer.process.pid)}  # noqa: E731
        theirs = Target(peer.port, ORTHANC_PATH, "", cpu)
        theirs.send(warm_up)
    found = []
    for is_cleared in (False, True):
        if is_cleared:
            _use_policy()
        for senders in SENDERS:
            name = f"{'D' if is_cleared else 'S'}{senders}"
            pair = _in_turn(folder, name, senders, ours, theirs)
            found.append(_ingest_row(senders, *pair, is_cleared=is_cleared))
    return found


def _in_turn(
    folder: Path, name: str, senders: int, ours: Target, theirs: Target | None
) -> tuple[Measured, Measured | None]:
    """Send new instances to both, round by round, each first in turn; return the middle round."""
    rounds = []
    for turn in range(ROUNDS):
        parts = _parts(folder, f"{name}-{turn}", senders)
        targets = [each for each in (theirs, ours) if each is not None][:: -1 if turn % 2 else 1]
        measured = {}
        for target in targets:
            os.sync()  # what was written before is no load on this one
            measured[target] = target.measure(parts)
        rounds.append((measured[ours], measured.get(theirs) if theirs else None))
    rounds.sort(key=lambda pair: pair[0][0] / (pair[1][0] if pair[1] else 1))
    return rounds[len(rounds) // 2]


PARSING = "header, rows, hash and fsync are Python's work here, and the load shares the cores"
DEIDENTIFYING = "each header is taken apart, judged and put together in Python"


def _parts(folder: Path, name: str, senders: int) -> list[list[bytes]]:
    each = INSTANCES // senders // PER_REQUEST * PER_REQUEST
    return [bodies_of(series_files(folder, f"{name}{turn}", each)) for turn in range(senders)]


def _use_policy() -> None:
    """Have what comes over STOW-RS from now on de-identified."""
    from backend.imaging.models import DeidPolicy
    from backend.imaging.services.deid import policy_named

    policy = policy_named("basic")
    DeidPolicy.objects.filter(pk=policy.pk).update(scopes=["source:stow"])


def _ingest_row(senders: int, ours: Measured, theirs: Measured | None, *, is_cleared: bool) -> Row:
    factor = 1.2 if senders == 1 else 2.0
    rate, cpu = ours
    bar = theirs[0] if theirs else ORTHANC_PER_SECOND
    note = f"525 kB each, {PER_REQUEST} a request; "
    note += (
        f"Orthanc beside it: {bar:.0f}/s with {theirs[1]['orthanc']:.1f} ms CPU each"
        if theirs
        else "Orthanc is not installed here, so its best known figure is the bar"
    )
    kind = ", de-identified" if is_cleared else ""
    return Row(
        f"ingest over STOW-RS, durable, indexed{kind}, {senders} sender{'s' * (senders > 1)}",
        f"≥ {factor:g} x Orthanc" + (" (which does not de-identify)" if is_cleared else ""),
        f"{rate:.0f} instances/s, {rate / bar:.2f} x Orthanc",
        rate >= bar * factor,
        f"web {cpu['web']:.1f} + database {cpu['postgres']:.1f} ms",
        note,
        reason=DEIDENTIFYING if is_cleared else PARSING,
    )


def measure_memory(site: Site, folder: Path) -> list[Row]:
    """Send one long series in one request; the web processes may not grow by it."""
    paths = series_files(folder, "L", LONG_SERIES, LONG_SIDE)
    site.reset_peaks()
    before = site.peak_mib()
    send_streamed(site.port, "/dicomweb/studies", TOKEN, paths)
    growth = site.peak_mib() - before
    size = sum(path.stat().st_size for path in paths) / 2**20
    return [
        Row(
            f"a CT of {LONG_SERIES} slices in one request",
            f"memory flat (≤ {MOST_GROWTH_MIB} MiB more)",
            f"+{growth:.0f} MiB at the peak for {size:.0f} MiB",
            growth <= MOST_GROWTH_MIB,
            note="the largest resident size of a web process, read from the system",
        )
    ]


def main() -> None:
    """Measure on a site in the folder given, all or a part, and print the rows."""
    folder, part = Path(sys.argv[1]), sys.argv[2]
    site = Site(folder)
    try:
        from backend.accounts.models import ApiToken, User

        ada = User.objects.create(email="ada@example.org", name="Ada", is_admin=True)
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        ApiToken.objects.create(user=ada, name="bench", secret_sha256=digest)
        site.start_web()
        found: list[Row] = []
        if part in {"all", "ingest"}:
            with orthanc_server(folder) as peer:
                found += measure_ingest(site, peer, folder)
                found += measure_latency(site, peer, TOKEN)
            found += measure_memory(site, folder)
        if part == "frames":
            paths = series_files(folder, "F", PER_REQUEST * 3)
            send_streamed(site.port, "/dicomweb/studies", TOKEN, paths)
        if part in {"all", "frames"}:
            found += measure_frames(site, folder)
        if part in {"all", "search"}:
            found += measure_million(site, TOKEN)
    finally:
        site.stop()
    print(MARK + json.dumps([asdict(row) for row in found]))


if __name__ == "__main__":
    main()
