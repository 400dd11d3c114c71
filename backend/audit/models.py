"""What happened, in order. Rows are added and never changed; a trigger holds that."""

from django.db import models
from django.db.models.functions import Now

PATIENT_ERASED = "patient.erased"


class AuditEvent(models.Model):
    """One thing somebody did. `details` carries ids and numbers, never patient data."""

    at = models.DateTimeField(db_default=Now())
    actor_id = models.UUIDField(null=True)
    verb = models.CharField(max_length=60)
    target_id = models.CharField(max_length=40)
    project_id = models.UUIDField(null=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["target_id", "id"], name="audit_target"),
            models.Index(
                fields=["-at"], condition=models.Q(verb=PATIENT_ERASED), name="audit_erased"
            ),
        ]


class AuditSeal(models.Model):
    """The hash of a run of events chained to the seal before: made in batches by one writer."""

    first_event_id = models.BigIntegerField(unique=True)
    last_event_id = models.BigIntegerField()
    previous_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)
