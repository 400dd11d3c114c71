"""Frozen lists of accepted revisions: what is trained on and what is exported."""

import uuid

from django.conf import settings
from django.db import models

from backend.annotations.models import Document, Revision
from backend.imaging.models import Patient
from backend.projects.models import LabelSchema, Project


class Release(models.Model):
    """A frozen, checksummed set; `training` ones are made by the loop itself.

    The manifest is `manifest_head` with the items' records in the order of their ids; `checksum`
    is the SHA-256 of those bytes. Text, not JSONB: a number must come back as it was written.
    """

    class Purpose(models.TextChoices):
        """Who asked for it."""

        DATASET = "dataset"
        TRAINING = "training"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="releases")
    schema = models.ForeignKey(LabelSchema, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=160)
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.DATASET)
    split = models.JSONField(default=dict)
    manifest_head = models.TextField(default="{}")
    summary = models.JSONField(default=dict)
    checksum = models.CharField(max_length=64)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="release_once")]


class ReleaseItem(models.Model):
    """One revision in a release. A patient's items are all in one split.

    `record` is the item's part of the manifest as canonical JSON.
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="items")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    split = models.CharField(max_length=10)
    record = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "document"], name="release_item_once")
        ]
