"""Tables every room stands on."""

import uuid

from django.db import models


class Job(models.Model):
    """One piece of background work: the truth of which the message is only a doorbell.

    A worker holds it by a lease and an attempt number; the number fences every later write,
    so a worker that was believed dead cannot answer for the one that took over.
    """

    class State(models.TextChoices):
        """Where the work stands; `lost` means its attempts are used up without an answer."""

        QUEUED = "queued"
        SENT = "sent"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"
        LOST = "lost"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    queue = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    request = models.JSONField(default=dict)
    answer = models.JSONField(null=True)
    error_code = models.CharField(max_length=60, default="", blank=True)
    error_detail = models.TextField(default="", blank=True)
    progress = models.FloatField(default=0)
    message = models.CharField(max_length=300, default="", blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=5)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=120, default="", blank=True)
    cancel_requested = models.BooleanField(default=False)
    project_id = models.UUIDField(null=True)
    created_by_id = models.UUIDField(null=True)
    dedupe_key = models.CharField(max_length=200, null=True)  # noqa: DJ001  null is "none", unique
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "dedupe_key"],
                condition=models.Q(state__in=["queued", "sent", "running"]),
                name="job_open_dedupe",
            )
        ]
        indexes = [
            models.Index(
                fields=["state", "created_at"],
                condition=models.Q(state__in=["queued", "sent", "running"]),
                name="job_open",
            ),
            models.Index(fields=["project_id", "-created_at"], name="job_project"),
        ]
