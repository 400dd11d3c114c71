"""Where files come from by themselves: places that are fetched from, senders that are let in."""

import uuid

from django.db import models


class Source(models.Model):
    """A place that files are fetched from, or senders whose files are taken.

    `settings` are those of its kind (`domain.messages_sources`); `sealed` holds its secrets,
    readable only with the installation's key. `policy` names the de-identification policy of
    everything that comes this way; empty means the one in force. A project sees what comes in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=80, unique=True)
    settings = models.JSONField(default=dict)
    sealed = models.BinaryField(default=bytes)
    policy = models.CharField(max_length=60, default="", blank=True)
    project_id = models.UUIDField(null=True)
    schedule = models.JSONField(default=dict)
    is_enabled = models.BooleanField(default=True)
    next_run_at = models.DateTimeField(null=True)
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_run_at"],
                condition=models.Q(is_enabled=True, next_run_at__isnull=False),
                name="source_due",
            )
        ]


class SourceRun(models.Model):
    """One look at a source, or one sender's visit: what it found, and the delivery it became.

    There is a delivery only where something new came. `job_id` is empty for a visit.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    trigger = models.CharField(max_length=10)
    job_id = models.UUIDField(null=True)
    ingest_run = models.ForeignKey(
        "IngestRun", null=True, on_delete=models.SET_NULL, related_name="source_runs"
    )
    found = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    growing = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=10, default="", blank=True)
    problem = models.CharField(max_length=400, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["source", "-created_at"], name="source_run_newest")]


class SeenFile(models.Model):
    """A file that was taken from a source already, by a hash of what tells it from others.

    For a folder that is name, size and time; for S3 key and ETag; else the SOP Instance UID.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="seen")
    mark = models.BinaryField(max_length=32)
    run = models.ForeignKey(SourceRun, null=True, on_delete=models.SET_NULL, related_name="seen")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "mark"], name="source_file_seen_once")
        ]
