"""Releases written in a format, with the proof that they read back equal."""

import uuid

from django.conf import settings
from django.db import models

from backend.core.models import Job
from backend.releases.models import Release


class Export(models.Model):
    """One release in one format. It is offered only once its proof holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="exports")
    format = models.CharField(max_length=20)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="+")
    proof = models.JSONField(null=True)
    archive_sha256 = models.CharField(max_length=64, default="", blank=True)
    archive_size = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
