"""Patients, studies, series, instances and grids, as DICOM says."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Left

# Studies are sorted by patient as far as this; ids are shorter.
SORTED_LETTERS = 64


def own_identity() -> str:
    """Return the identity of a patient known by nothing: never that of another."""
    return uuid.uuid4().hex


class Patient(models.Model):
    """A patient as the headers name them (PS3.3 C.7.1.1).

    `identity` is a hash over issuer, id, name and birth date: a PatientID alone ("1", "anon")
    is not unique across hospitals, and must not show one sender another's patient.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    identity = models.CharField(max_length=64, unique=True, default=own_identity)
    patient_id = models.CharField(max_length=128, default="", blank=True)
    issuer = models.CharField(max_length=128, default="", blank=True)
    name = models.CharField(max_length=400, default="", blank=True)
    sex = models.CharField(max_length=16, default="", blank=True)
    birth_date = models.CharField(max_length=16, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["patient_id"], name="patient_by_id")]


class Study(models.Model):
    """A study (PS3.3 C.7.2.1).

    `sources` names what brought files of it in. `search_text` begins with the patient's id, so it
    sorts by patient. Columns that every delivery changes have no index: such updates stay cheap.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    uid = models.CharField(max_length=64, unique=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="studies")
    study_id = models.CharField(max_length=64, default="", blank=True)
    date = models.CharField(max_length=16, default="", blank=True)
    time = models.CharField(max_length=32, default="", blank=True)
    accession = models.CharField(max_length=64, default="", blank=True)
    description = models.CharField(max_length=256, default="", blank=True)
    referring_physician = models.CharField(max_length=400, default="", blank=True)
    modalities = ArrayField(models.CharField(max_length=16), default=list)
    sources = ArrayField(models.CharField(max_length=80), default=list)
    search_text = models.TextField(default="", blank=True)
    series_count = models.PositiveIntegerField(default=0)
    instance_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "id"], name="study_newest"),
            models.Index(fields=["date"], name="study_by_date"),
            models.Index(fields=["description"], name="study_by_description"),
            models.Index(Left("search_text", SORTED_LETTERS), name="study_by_patient"),
        ]


class Series(models.Model):
    """A series (PS3.3 C.7.3.1).

    `requests` lists what it was made for: ids of the scheduled step and of the procedure.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    uid = models.CharField(max_length=64, unique=True)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="series")
    number = models.IntegerField(null=True)
    modality = models.CharField(max_length=16, default="", blank=True)
    description = models.CharField(max_length=256, default="", blank=True)
    body_part = models.CharField(max_length=64, default="", blank=True)
    laterality = models.CharField(max_length=16, default="", blank=True)
    started_date = models.CharField(max_length=16, default="", blank=True)
    started_time = models.CharField(max_length=32, default="", blank=True)
    requests = models.JSONField(default=list)
    instance_count = models.PositiveIntegerField(default=0)
    frame_count = models.PositiveIntegerField(default=0)
    warnings = models.JSONField(default=list)
    grids_stale = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["body_part", "study"], name="series_by_body_part"),
            models.Index(
                fields=["study"], condition=~models.Q(warnings=[]), name="series_with_warnings"
            ),
        ]


class Instance(models.Model):
    """One SOP instance: its bytes by reference, and what serving its frames needs.

    `frame_index` packs little-endian uint64 (offset, length) per frame into the file; length 0
    marks a frame that is not one run of bytes. `frame_geometry` lists what
    `domain.geometry` reads per frame. `remarks` are codes of what people should know.
    """

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="instances")
    sop_uid = models.CharField(max_length=64, unique=True)
    sop_class_uid = models.CharField(max_length=64)
    number = models.IntegerField(null=True)
    blob_sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    transfer_syntax_uid = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(null=True)
    columns = models.PositiveIntegerField(null=True)
    frame_count = models.PositiveIntegerField(default=0)
    frame_index = models.BinaryField(default=bytes)
    pixel_module = models.JSONField(default=dict)
    frame_geometry = models.JSONField(default=list)
    remarks = ArrayField(models.CharField(max_length=40), default=list)
    header = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["blob_sha256"], name="instance_blob")]


class Grid(models.Model):
    """Frames of a series that belong together, in order; a volume where they form one.

    `frames` lists ``[instance pk, frame number from 1, position_mm_lps | null]`` ascending along
    the slice normal. `reason` says why it is no regular volume. All frames share `orientation`
    (row, then column cosines) and `pixel_spacing_mm` (between rows, between columns). Labels lie
    on frames of a grid, so one in use is never changed: it is superseded.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="grids")
    name = models.CharField(max_length=120, default="", blank=True)
    number = models.PositiveSmallIntegerField(default=0)
    is_regular = models.BooleanField(default=False)
    reason = models.CharField(max_length=400, default="", blank=True)
    rows = models.PositiveIntegerField()
    columns = models.PositiveIntegerField()
    frame_count = models.PositiveIntegerField()
    origin_mm_lps = ArrayField(models.FloatField(), size=3, null=True)
    spacing_mm_ijk = ArrayField(models.FloatField(), size=3, null=True)
    direction = ArrayField(models.FloatField(), size=9, null=True)
    orientation = ArrayField(models.FloatField(), size=6, null=True)
    pixel_spacing_mm = ArrayField(models.FloatField(), size=2, null=True)
    frame_of_reference_uid = models.CharField(max_length=64, default="", blank=True)
    frames = models.JSONField(default=list)
    superseded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
