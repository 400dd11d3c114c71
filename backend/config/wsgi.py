"""The web process: the frame door in front, Django behind it.

Everything is imported here, before the server forks its workers: they then share these pages,
and the first request waits for nothing.
"""

import gc
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
gc.disable()  # what is imported stays: looking through it again and again finds nothing

from django.core.wsgi import get_wsgi_application  # noqa: E402  after the collector was told

_django = get_wsgi_application()

import backend.config.urls  # noqa: E402, F401  views, which Django would import at first use
from backend.imaging.frame_door import FrameDoor  # noqa: E402  needs the apps

application = FrameDoor(_django)

gc.collect()
gc.enable()
gc.freeze()  # a collection in a worker leaves the shared pages alone


def _wait_for_tables(gate: Path) -> None:
    """Wait until the launcher says that the tables are there; it starts us while it makes them."""
    launcher = os.getppid()
    while not gate.exists():
        time.sleep(0.01)
        if os.getppid() != launcher:
            sys.exit("The launcher is gone.")


if "LIMN_START_GATE" in os.environ:
    _wait_for_tables(Path(os.environ["LIMN_START_GATE"]))
