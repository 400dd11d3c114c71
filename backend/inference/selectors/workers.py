"""Read side of models and workers."""

from datetime import timedelta

from django.utils import timezone

from backend.inference.models import WorkerHost

SILENT_AFTER = timedelta(seconds=60)


def workers_alive() -> list[WorkerHost]:
    """Return the model workers that spoke within the last minute."""
    return list(WorkerHost.objects.filter(seen_at__gt=timezone.now() - SILENT_AFTER))
