"""The one way onto the queue.

Services name tasks instead of importing them, so imports run one way only: tasks import
services. The row just committed is the truth and the message a doorbell: a broker that cannot
be reached is logged, not raised, and the sweeper rings again.
"""

import logging
from functools import lru_cache

from celery import Celery
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 1.0


@lru_cache(maxsize=1)
def _doorbell() -> Celery:
    """Return an application that only sends: the same in web, command line and tests."""
    app = Celery("limn-doorbell", broker=settings.LIMN_BROKER_URL, set_as_current=False, fixups=[])
    app.conf.update(
        task_ignore_result=True,
        task_publish_retry=False,
        broker_connection_timeout=PATIENCE_SECONDS,
        broker_connection_max_retries=0,
        broker_transport_options={
            "socket_connect_timeout": PATIENCE_SECONDS,
            "socket_timeout": PATIENCE_SECONDS,
            "max_retries": 0,
        },
    )
    return app


def ring(task_name: str, /, *args: str, queue: str = "default") -> bool:
    """Send `task_name` now; return whether the broker took it."""
    try:
        _doorbell().send_task(task_name, args=args, queue=queue, retry=False)
    except Exception:  # noqa: BLE001  any broker failure: the sweeper repairs it
        log.warning("The broker did not take %s; the sweeper will ring again.", task_name)
        return False
    return True


def ring_on_commit(task_name: str, /, *args: str, queue: str = "default") -> None:
    """Send `task_name` once the surrounding transaction has committed."""

    def send() -> None:
        ring(task_name, *args, queue=queue)

    transaction.on_commit(send, robust=True)
