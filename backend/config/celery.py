"""The default workers' Celery application: a doorbell, never a store of truth.

Lost, repeated or late messages do no harm: job rows say what is outstanding, and the sweeper
rings again (DESIGN.md, decision 6). Hence early acknowledgement and no result backend.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
# Django's checks import every view; a worker needs none, and `migrate` checked before it started.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("limn")
app.config_from_object("backend.config.celery_settings")
app.autodiscover_tasks()
