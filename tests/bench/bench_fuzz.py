"""Twenty thousand damaged files through every door: nothing may crash, hang, swell or escape."""

import os
import pickle
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.rows import Row

CASES = int(os.environ.get("LIMN_FUZZ_CASES", "20000"))
CHUNK = 500
MOST_MIB = 1024


def rows() -> list[Row]:
    """Run all cases, each chunk in a process of its own, and count what went wrong."""
    place = Path(tempfile.mkdtemp(prefix="limn-fuzz-"))
    try:
        _set_up(place)
        return [_row(place)]
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _set_up(place: Path) -> None:
    os.environ.update(
        LIMN_SECRET_KEY="for-the-bench-only-" + "x" * 40,
        LIMN_WORKER_TOKEN="x",
        DATABASE_URL="postgresql://nobody:x@127.0.0.1/nothing",
        LIMN_BROKER_URL="redis://127.0.0.1/0",
        LIMN_DATA=str(place / "data"),
        LIMN_BLOBS=str(place / "data" / "blobs"),
        DJANGO_SETTINGS_MODULE="backend.config.settings",
    )
    import django  # noqa: PLC0415  after its settings

    django.setup()


def _row(place: Path) -> Row:
    from tests.bench import fuzzing  # noqa: PLC0415  after django.setup()

    fuzzing.corpus()
    began, first, total = time.monotonic(), 0, fuzzing.Outcome()
    peak = 0
    while first < CASES:
        last = min(first + CHUNK, CASES)
        outcome, reached, mib = _chunk(range(first, last), place / "data")
        peak = max(peak, mib)
        total.cases += reached - first
        total.accepted += outcome.accepted
        total.refused += outcome.refused
        total.crashes |= outcome.crashes
        if outcome.slowest_s > total.slowest_s:
            total.slowest_s, total.slowest_case = outcome.slowest_s, outcome.slowest_case
        first = reached
    seconds = time.monotonic() - began
    escaped = sorted(path.name for path in place.iterdir() if path.name != "data")
    escaped += sorted(path.name for path in (place / "data").glob("*evil*"))
    fine = not total.crashes and total.slowest_s < fuzzing.HANG_SECONDS and peak < MOST_MIB
    named = "; ".join(f"{case}: {word}" for case, word in list(total.crashes.items())[:10])
    return Row(
        "damaged files: crashes, slowest, memory, files outside",
        "0, ≤ 5 s, ≤ 1 GiB, 0",
        f"{len(total.crashes)}, {total.slowest_s:.2f} s, {peak} MiB, {len(escaped)}",
        fine and not escaped and total.cases == CASES,
        cpu=f"{seconds / total.cases * 1000:.0f} ms a case, wall",
        note=f"{total.cases} cases, {total.refused} refused in words, {total.accepted} taken; "
        f"slowest {total.slowest_case}{'; ' + named if named else ''}",
    )


def _chunk(numbers: range, place: Path) -> tuple[Any, int, int]:
    """Run cases in a child; return what came of them, the case after them, and its memory in MiB.

    A child that dies has crashed at the case it noted last; the next child goes on after that.
    """
    from tests.bench.fuzzing import Outcome, run_cases  # noqa: PLC0415

    told, at = place / "told", place / "at"
    place.mkdir(parents=True, exist_ok=True)
    told.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        try:
            found = run_cases(numbers, place, lambda number: at.write_text(str(number)))
            told.write_bytes(pickle.dumps(found))
            os._exit(0)
        finally:
            os._exit(1)
    _, status, usage = os.wait4(pid, 0)
    mib = usage.ru_maxrss // 1024
    if status == 0:
        found = pickle.loads(told.read_bytes())  # noqa: S301  our own
        return found, numbers.stop, mib
    if status != 0 and not at.exists():
        raise RuntimeError("a child died before its first case")
    died = int(at.read_text())
    word = f"died by signal {status & 0x7F}" if status & 0x7F else f"ended with {status >> 8}"
    return Outcome(crashes={f"case {died}": word}), died + 1, mib
