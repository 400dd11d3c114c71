"""The worker's queue application: a doorbell, never a store of truth.

Messages are acknowledged when they arrive, because the backend's job rows say what is outstanding
and its sweeper rings again. Without ``fixups`` Celery sets no web framework up.
"""

from celery import Celery

from ml_worker.contract.door import RUN_QUEUE
from ml_worker.settings import broker_url
from ml_worker.threads import let_threads_sleep

let_threads_sleep()
app = Celery("limn-ml", broker=broker_url(), fixups=[], include=["ml_worker.tasks"])
app.conf.update(
    task_default_queue=RUN_QUEUE,
    task_ignore_result=True,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_pool="solo",
    worker_concurrency=1,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"visibility_timeout": 3600, "socket_connect_timeout": 2},
)
