"""What people make of the archive: tags, cohorts, clinical data beside the images."""

import uuid

from django.db import models
from django.db.models.functions import Lower

from backend.imaging.models.dicom import Patient, Study


class Tag(models.Model):
    """A free word with a colour that studies may carry."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=40)
    color = models.CharField(max_length=7)
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_name_once")]


class StudyTag(models.Model):
    """A study that carries a tag."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="study_tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="study_tags")
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "study"], name="study_tag_once")]


class Cohort(models.Model):
    """A named set of studies: whatever a filter finds (`filter`), or a fixed list of them.

    It shows nobody a study: whoever opens it sees those of its studies that they may see.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    filter = models.JSONField(null=True)
    is_shared = models.BooleanField(default=False)
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["created_by_id"], name="cohort_by_person")]


class CohortStudy(models.Model):
    """A study in a fixed list."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="cohort_studies")
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="cohort_studies")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cohort", "study"], name="cohort_study_once")
        ]


class ClinicalEntry(models.Model):
    """Something known of a patient beside the images: a fact, a dated measurement, a note.

    An entry is never changed: a correction is a new one that replaces it, and what was withdrawn
    stays to be read.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="clinical_entries")
    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=120, default="", blank=True)
    value = models.TextField(default="", blank=True)
    unit = models.CharField(max_length=40, default="", blank=True)
    date = models.DateField(null=True)
    replaces = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    author_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by_id = models.UUIDField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["patient", "created_at"], name="clinical_by_patient")]
