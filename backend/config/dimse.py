"""The DIMSE process: `python -m backend.config.dimse`; only where LIMN_DIMSE_PORT is set."""

import logging
import os
import signal
import sys
import tempfile
import threading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402  needs the settings

from backend.imaging.api.dimse import DimseDoor  # noqa: E402
from backend.imaging.services.sources.receiver import visits_recover  # noqa: E402

log = logging.getLogger(__name__)


def main() -> int:
    """Listen until asked to stop."""
    if not settings.LIMN_DIMSE_PORT:
        sys.stderr.write("LIMN_DIMSE_PORT is not set: the DIMSE door stays closed.\n")
        return 1
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    settings.LIMN_UPLOADS.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(settings.LIMN_UPLOADS)  # what arrives lies there until it is taken in
    visits_recover()
    door = DimseDoor()
    door.listen(settings.LIMN_DIMSE_HOST, settings.LIMN_DIMSE_PORT)
    log.info("DIMSE: %s listens on %s", settings.LIMN_DIMSE_AE, settings.LIMN_DIMSE_PORT)
    stopping.wait()
    door.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
