"""One measured row, and the table they make."""

import os
import platform
import resource
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """What was measured beside what was budgeted; `met` is None where nothing was promised.

    `reason` says why a budget is missed; it is told only where it is.
    """

    what: str
    budget: str
    measured: str
    met: bool | None
    cpu: str = ""
    note: str = ""
    reason: str = ""

    def markdown(self) -> str:
        """Return the row of the table in docs/benchmarks.md."""
        mark = {True: "yes", False: "**no**", None: "-"}[self.met]
        note = "; ".join(filter(None, (self.note, self.reason if self.met is False else "")))
        return f"| {self.what} | {self.budget} | {self.measured} | {self.cpu} | {mark} | {note} |"


def machine() -> str:
    """Return what the figures were measured on."""
    model = "unknown processor"
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = Path("/proc/meminfo")
    gib = int(memory.read_text().split()[1]) / 1024**2 if memory.exists() else 0
    return f"{os.cpu_count()} cores of {model}, {gib:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


HEAD = """# Benchmarks

`make bench` measures every part, `python -m tests.bench PART` one of them; each writes its part of this page, with its day and how
busy the machine was before. Absolute times wobble on a shared machine: ratios and CPU per operation rule.
"""
TABLE = "| what | budget | measured | CPU | met | note |\n|---|---|---|---|---|---|\n"


def write(part: str, rows: Iterable[Row], load: float, path: Path) -> None:
    """Write one part's table into the page, in the place of what stood there.

    `load` is the load average of the last minute before the part began.
    """
    sections = _sections(path.read_text(encoding="utf-8")) if path.exists() else {}
    circumstances = f"{datetime.now(UTC):%Y-%m-%d} · {machine()} · load before: {load:.1f}"
    table = TABLE + "\n".join(row.markdown() for row in rows)
    sections[part] = f"{circumstances}\n\n{table}\n"
    page = [HEAD, *(f"## {name}\n{text}" for name, text in sections.items())]
    path.write_text("\n".join(page), encoding="utf-8")


def _sections(page: str) -> dict[str, str]:
    """Return the text of each part by its name, in the page's order."""
    found: dict[str, str] = {}
    for chunk in page.split("\n## ")[1:]:
        name, _, text = chunk.partition("\n")
        found[name] = text.strip("\n") + "\n"
    return found


def cpu_seconds() -> float:
    """Return the CPU time of this process and its ended children."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
