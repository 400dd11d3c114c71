#!/usr/bin/env python3
"""Limn's command line: `python manage.py help` lists what there is."""

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """Run one management command, in Limn's own environment if this is another Python."""
    own_python = ROOT / ".venv" / "bin" / "python"
    if importlib.util.find_spec("django") is None and own_python.exists():
        os.execv(own_python, [str(own_python), str(ROOT / "manage.py"), *sys.argv[1:]])  # noqa: S606
    sys.path.insert(0, str(ROOT))
    from backend.config.environment import (  # noqa: PLC0415  after the choice of Python
        EnvironmentRefused,
        adopt_running_installation,
    )

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    adopt_running_installation(ROOT)
    from django.core.management import execute_from_command_line  # noqa: PLC0415  as above

    try:
        execute_from_command_line(sys.argv)
    except EnvironmentRefused as error:
        sys.exit(f"{error} Start Limn with `make demo` first, or set it yourself.")


if __name__ == "__main__":
    main()
