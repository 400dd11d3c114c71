"""The environment, read once and refused where it makes no sense. No Django in here.

`make demo`, the tests and the containers differ only in what stands in these variables.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit


class EnvironmentRefused(RuntimeError):
    """A variable is missing or says something that cannot be meant."""


@dataclass(frozen=True)
class Database:
    """Where PostgreSQL listens. An empty host with `socket_dir` means a unix socket."""

    name: str
    user: str
    password: str
    host: str
    port: int


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or the content of the file that `<name>_FILE` names."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    value = os.environ.get(name, default)
    if value is None:
        raise EnvironmentRefused(f"{name} (or {name}_FILE) must be set.")
    return value


def kept(path: Path) -> str:
    """Return a secret that was put into a file, or nothing."""
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def flag(name: str, *, default: bool) -> bool:
    """Return a yes or no; anything else is refused."""
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise EnvironmentRefused(f"{name} must be 0 or 1, not {value!r}.")


def number(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number of at least `least`."""
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or int(value) < least:
        raise EnvironmentRefused(f"{name} must be a whole number from {least} up, not {value!r}.")
    return int(value)


def words(name: str, default: str) -> list[str]:
    """Return the comma-separated items of a variable."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def database(url: str) -> Database:
    """Parse ``postgresql://user:password@host:port/name``."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise EnvironmentRefused(
            "DATABASE_URL must look like postgresql://user:password@host:port/name."
        )
    return Database(
        name=parts.path.strip("/"),
        user=unquote(parts.username or "limn"),
        password=unquote(parts.password or ""),
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 5432,
    )


def adopt_running_installation(root: Path) -> None:
    """Take the variables of the Limn that `make demo` started, where none are set.

    So that `python manage.py ingest ...` in a second terminal just works.
    """
    if "DATABASE_URL" in os.environ:
        return
    data = Path(os.environ.get("LIMN_DATA") or root / ".limn").expanduser().resolve()
    noted = data / "secrets" / "environment.json"
    if not noted.is_file():
        return
    for name, value in json.loads(noted.read_text(encoding="utf-8")).items():
        os.environ.setdefault(name, value)
