"""Whether the tables are as the code wants them, asked without loading Django."""

import importlib.util
from pathlib import Path

import psycopg

from backend.config.launch.layout import ROOT


def are_applied(url: str) -> bool:
    """Tell whether the database has every migration that lies in the code.

    `migrate` itself would load the whole product to say so, at every start. In doubt: no.
    """
    try:
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    except psycopg.Error:
        return False
    applied = {(str(app), str(name)) for app, name in rows}
    folders = [path for path in (ROOT / "backend").glob("*/migrations") if path.is_dir()]
    folders += _of_django({app for app, _ in applied} - {path.parent.name for path in folders})
    wanted = {(folder.parent.name, name) for folder in folders for name in _names(folder)}
    return wanted <= applied


def _of_django(labels: set[str]) -> list[Path]:
    spec = importlib.util.find_spec("django")
    if spec is None or spec.origin is None:
        return []
    contrib = Path(spec.origin).parent / "contrib"
    return [contrib / label / "migrations" for label in sorted(labels)]


def _names(folder: Path) -> list[str]:
    return [path.stem for path in folder.glob("[0-9]*.py")]
