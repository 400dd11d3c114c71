"""`python -m tests.bench [part ...]`: measure, print, and write docs/benchmarks.md."""

import importlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.bench.rows import Row, write

PARTS: dict[str, str] = {
    "system": "tests.bench.bench_system:rows",
    "install": "tests.bench.bench_system:install_rows",
    "imaging": "tests.bench.bench_imaging:rows",
    "archive": "tests.bench.bench_archive:rows",
    "studies": "tests.bench.bench_studies:rows",
    "annotations": "tests.bench.bench_annotations:rows",
    "browser": "tests.bench.bench_browser:rows",
    "training": "tests.bench.bench_training:rows",
    "exports": "tests.bench.bench_exports:rows",
    "deidentify": "tests.bench.bench_deidentify:rows",
    "fuzz": "tests.bench.bench_fuzz:rows",
}
# Pieces of a part for who works on them: printed, not written, and not run by default.
PIECES: dict[str, str] = {
    "archive-ingest": "tests.bench.bench_archive:ingest_rows",
    "archive-frames": "tests.bench.bench_archive:frame_rows",
    "archive-search": "tests.bench.bench_archive:search_rows",
}
OUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def main() -> int:
    """Run the parts asked for (all by default), each of which writes its own table."""
    failed = False
    for part in sys.argv[1:] or list(PARTS):
        print(f"== {part}", flush=True)
        load = os.getloadavg()[0]
        try:
            rows = _load((PARTS | PIECES)[part])()
        except Exception:  # noqa: BLE001  the other parts still run
            traceback.print_exc()
            failed = True
            continue
        for row in rows:
            print("  ", row.markdown(), flush=True)
        if part in PARTS:
            write(part, rows, load, OUT)
    return 1 if failed else 0


def _load(address: str) -> Callable[[], list[Row]]:
    module, name = address.split(":")
    found: Callable[[], list[Row]] = getattr(importlib.import_module(module), name)
    return found


if __name__ == "__main__":
    sys.exit(main())
