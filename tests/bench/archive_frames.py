"""Frames with access checked: without nginx, behind the nginx of production, and as plain files."""
# ruff: noqa: PLC0415

import statistics
from pathlib import Path

from tests.bench.annotation_site import Site
from tests.bench.load import LOAD_SECONDS, Asked, Load, generator, load_of
from tests.bench.peers import Peer, front_server, static_server
from tests.bench.rows import Row
from tests.bench.sending import SIDE

CLIENTS = (1, 8, 32)
ROUNDS = 3
FILES = 50
SIZE = SIDE * SIDE * 2


def measure_frames(site: Site, folder: Path) -> list[Row]:
    """Load frames of one series in rounds, each beside the same bytes as files."""
    from backend.core.actor import Actor
    from backend.imaging.models import Grid, Series
    from backend.imaging.selectors.views import grid_view
    from backend.imaging.services.grids import grids_refresh

    grids_refresh(Series.objects.filter(grids_stale=True).values_list("pk", flat=True))
    grid = Grid.objects.filter(superseded_at=None, rows=SIDE).order_by("-frame_count").first()
    view = grid_view(actor=Actor.system(), grid_id=grid.pk)
    headers = {"X-Limn-Frames": view.frame_token.token}
    asked = Asked([frame.url for frame in view.frames[:FILES]], headers, SIZE)
    static = Asked([f"/{number}" for number in range(FILES)], {}, SIZE)
    found = []
    with static_server(folder, [bytes(SIZE)] * FILES) as files:
        with front_server(folder, site.port) as front:
            for clients in CLIENTS:
                if front is not None:
                    ours = _rounds(front.port, asked, files, static, folder, clients)
                    found.append(_row("behind nginx", 0.9, clients, ours))
        before = site.cpu()["web"]
        sent = 0.0
        for clients in CLIENTS:
            ours = _rounds(site.port, asked, files, static, folder, clients)
            sent += sum(load.rate for load, _ in ours) * LOAD_SECONDS
            found.append(_row("no nginx in front", 0.6, clients, ours))
        cpu = (site.cpu()["web"] - before) / sent * 1e3
    found[-1] = _with_cpu(found[-1], cpu)
    return found


Rounds = list[tuple[Load, float | None]]


def _rounds(
    port: int, asked: Asked, files: Peer | None, static: Asked, folder: Path, clients: int
) -> Rounds:
    """Return our load and its ratio to plain files, round by round."""
    load_of(port, asked, folder, clients)
    found: Rounds = []
    for _ in range(ROUNDS):
        ours = load_of(port, asked, folder, clients)
        theirs = load_of(files.port, static, folder, clients) if files else None
        found.append((ours, ours.rate / theirs.rate if theirs else None))
    return found


def _row(how: str, budget: float, clients: int, rounds: Rounds) -> Row:
    rate = statistics.median(load.rate for load, _ in rounds)
    p99 = statistics.median(load.p99_ms for load, _ in rounds)
    ratios = [ratio for _, ratio in rounds if ratio is not None]
    ratio = statistics.median(ratios) if ratios else None
    told = f"{rate:.0f} frames/s, p99 {p99:.1f} ms" + (f", {ratio:.2f} of nginx" if ratio else "")
    return Row(
        f"frames, access checked, {how}, {clients} client{'s' * (clients > 1)}",
        f"≥ {budget:g} of nginx with the same bytes as files",
        told,
        None if ratio is None else ratio >= budget,
        note=f"524 kB each; the load is {generator()}",
        reason="the load is made on the same two cores; without nginx, Python answers each request",
    )


def _with_cpu(row: Row, milliseconds: float) -> Row:
    return Row(row.what, row.budget, row.measured, row.met, f"{milliseconds:.2f} ms", row.note)
