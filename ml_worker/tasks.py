"""Queue entry point: a job id in; everything else goes through the door."""

import logging
import threading

from celery.signals import worker_ready, worker_shutting_down

from ml_worker.boot import worker
from ml_worker.celery_app import app
from ml_worker.contract.door import RUN_TASK
from ml_worker.settings import SettingsInvalid

log = logging.getLogger(__name__)

_over = threading.Event()


@app.task(name=RUN_TASK)
def run(job_id: str) -> None:
    """Run one job; what became of it stands in the backend's row."""
    log.info("Job %s: %s", job_id, worker().runner.run(job_id))


@worker_ready.connect
def greet(**_: object) -> None:
    """Say hello from the start on, in a thread of its own; end where the settings are unfit."""
    try:
        ready = worker()
    except SettingsInvalid as error:
        raise SystemExit(str(error)) from error
    threading.Thread(target=ready.greet_forever, args=(_over,), daemon=True).start()


@worker_shutting_down.connect
def leave(**_: object) -> None:
    """Stop saying hello."""
    _over.set()
