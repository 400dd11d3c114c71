"""How files come in: deliveries, uploads, de-identification, quarantine, what was converted."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from backend.imaging.domain.rejections import OUTSIDE
from backend.imaging.models.dicom import Instance, Series


class DeidPolicy(models.Model):
    """A version of a de-identification policy, never changed; the newest of a name is in force.

    `scopes` names the sources and projects whose deliveries it governs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=80), default=list)
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="deid_policy_version_once")
        ]


class SealedIdentity(models.Model):
    """Who a pseudonym is, readable only with the installation's key."""

    salt_id = models.CharField(max_length=60)
    pseudonym = models.CharField(max_length=64)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pseudonym", "salt_id"], name="sealed_identity_once")
        ]


class IngestRun(models.Model):
    """One delivery of files, from wherever; each file's fate is an item.

    `report` counts what its policy did to attributes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor_id = models.UUIDField(null=True)
    source = models.CharField(max_length=20)
    label = models.CharField(max_length=200, default="", blank=True)
    state = models.CharField(max_length=10, default="open")
    counts = models.JSONField(default=dict)
    policy = models.ForeignKey(DeidPolicy, null=True, on_delete=models.PROTECT)
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)


class IngestItem(models.Model):
    """What became of one file, and why: stored, duplicate, rejected; not DICOM: converted, kept.

    One that is waiting is converted when its delivery is complete.
    """

    run = models.ForeignKey(IngestRun, on_delete=models.CASCADE, related_name="items")
    upload = models.ForeignKey("Upload", null=True, on_delete=models.SET_NULL, related_name="items")
    name = models.CharField(max_length=500)
    outcome = models.CharField(max_length=12)
    code = models.CharField(max_length=60, default="", blank=True)
    reason = models.CharField(max_length=500, default="", blank=True)
    next_step = models.CharField(max_length=500, default="", blank=True)
    sha256 = models.CharField(max_length=64, default="", blank=True)
    sop_uid = models.CharField(max_length=64, default="", blank=True)
    sop_class_uid = models.CharField(max_length=64, default="", blank=True)
    instance = models.ForeignKey(Instance, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "id"], name="ingest_item_run"),
            models.Index(
                fields=["run"],
                condition=models.Q(code__in=OUTSIDE),
                name="ingest_item_outside",
            ),
        ]


class QuarantinedFile(models.Model):
    """A file whose picture may carry text: its header is cleared, a person decides about the rest.

    Boxes are ``[top, left, bottom, right]`` in pixels.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(IngestRun, on_delete=models.CASCADE, related_name="quarantined")
    audience_id = models.UUIDField(null=True)
    name = models.CharField(max_length=500)
    state = models.CharField(max_length=10, default="waiting")
    reason = models.CharField(max_length=20)
    boxes = models.JSONField(default=list)
    known_boxes = models.JSONField(default=list)
    file_sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    sop_uid = models.CharField(max_length=64, default="", blank=True)
    sop_class_uid = models.CharField(max_length=64, default="", blank=True)
    patient_id = models.CharField(max_length=128, default="", blank=True)
    rows = models.PositiveIntegerField(default=0)
    columns = models.PositiveIntegerField(default=0)
    frame_count = models.PositiveIntegerField(default=0)
    decided_by_id = models.UUIDField(null=True)
    decided_boxes = models.JSONField(default=list)
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-created_at"], name="quarantine_by_state")]


class SourceFile(models.Model):
    """A file that is not DICOM, kept bit for bit: what a series was made from, or what came with it.

    `role` is image (converted into the series), part (its data, in a file of its own), or labels
    (no picture; `series` is empty). `labels` are a side file's words about this file that DICOM
    has no place for.
    """

    series = models.ForeignKey(
        Series, null=True, on_delete=models.CASCADE, related_name="source_files"
    )
    item = models.ForeignKey(
        IngestItem, null=True, on_delete=models.SET_NULL, related_name="source_files"
    )
    role = models.CharField(max_length=8)
    format = models.CharField(max_length=20, default="", blank=True)
    name = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64)
    remarks = models.JSONField(default=list)
    labels = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="source_file_sha256")]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "sha256", "role"],
                nulls_distinct=False,
                name="source_file_once",
            )
        ]


class Upload(models.Model):
    """A file on its way in, piece by piece; `offset` is what has safely arrived."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(IngestRun, on_delete=models.CASCADE, related_name="uploads")
    user_id = models.UUIDField()
    name = models.CharField(max_length=500)
    size_bytes = models.BigIntegerField()
    offset_bytes = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, default="receiving")
    job_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
