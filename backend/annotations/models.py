"""Annotation documents: chains of append-only revisions over content-addressed mask frames."""

import uuid

from django.conf import settings
from django.db import models

from backend.imaging.models import Grid
from backend.projects.models import LabelSchema, Project


class Document(models.Model):
    """The head of a chain of revisions, and the lock of whoever has it open."""

    class Kind(models.TextChoices):
        """`label` is a reader's work; `proposal` is a model's, never edited."""

        LABEL = "label"
        PROPOSAL = "proposal"

    class State(models.TextChoices):
        """Only a draft takes revisions."""

        DRAFT = "draft"
        SUBMITTED = "submitted"
        ACCEPTED = "accepted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="documents")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="documents")
    schema = models.ForeignKey(LabelSchema, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.LABEL)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    model_version_id = models.UUIDField(null=True)
    head_number = models.PositiveIntegerField(default=0)
    lock_token = models.UUIDField(null=True)
    lock_user_id = models.UUIDField(null=True)
    lock_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class Revision(models.Model):
    """What changed from the revision before, by whom and how. Never changed itself.

    `delta` is ``{"masks": {"<layer>:<frame key>": sha256 | null}, "objects": {id: object | null},
    "answers": {question: value | null}}``; `snapshot` holds the whole state of that shape now
    and then, so that any state is a short walk away.
    """

    # No index of its own: `revision_once` begins with the document.
    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="revisions", db_index=False
    )
    number = models.PositiveIntegerField()
    request_id = models.UUIDField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    model_version_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=12)
    delta = models.JSONField()
    snapshot = models.JSONField(null=True)
    edits = models.JSONField(default=list)
    provenance = models.JSONField(default=dict)
    active_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="revision_once"),
            models.UniqueConstraint(fields=["document", "request_id"], name="revision_request"),
        ]


class MaskBlob(models.Model):
    """A mask frame in `limn-rle-1`, addressed by its SHA-256 and shared between revisions."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    data = models.BinaryField()
