"""How Celery runs here: one doorbell queue for Django's own work, one for the model workers."""

from backend.config import environment as env

broker_url = env.text("LIMN_BROKER_URL")
broker_connection_retry_on_startup = True
broker_transport_options = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "max_retries": 1,
}
task_default_queue = "default"
task_ignore_result = True
task_publish_retry = False
task_acks_late = False
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
worker_send_task_events = False
timezone = "UTC"
beat_schedule = {
    "sweep-jobs": {"task": "core.sweep", "schedule": 5.0, "options": {"expires": 10}},
    "settle-models": {"task": "inference.settle", "schedule": 15.0, "options": {"expires": 30}},
    "sweep-storage": {
        "task": "core.sweep_storage",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "tidy-imaging": {"task": "imaging.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
    "resume-imaging": {"task": "imaging.resume", "schedule": 30.0, "options": {"expires": 60}},
    "sources-due": {"task": "imaging.sources_due", "schedule": 15.0, "options": {"expires": 30}},
    "seal-audit": {"task": "audit.seal", "schedule": 20.0, "options": {"expires": 40}},
}
