"""Models, their versions, what they were trained on, what they propose and what they score."""

import uuid

from django.db import models

from backend.annotations.models import Document
from backend.core.models import Job
from backend.projects.models import LabelSchema, Project, Unit
from backend.releases.models import Release


class Model(models.Model):
    """A line of versions of one family."""

    class Family(models.TextChoices):
        """What kind of network it is."""

        UNET2D = "unet2d"
        SAM = "sam"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    family = models.CharField(max_length=12, choices=Family)
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="models")
    created_at = models.DateTimeField(auto_now_add=True)


class ModelVersion(models.Model):
    """One set of weights. A version without weights never answers."""

    class Status(models.TextChoices):
        """`preparing` until a worker has loaded it once."""

        PREPARING = "preparing"
        CANDIDATE = "candidate"
        ACTIVE = "active"
        RETIRED = "retired"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    schema = models.ForeignKey(LabelSchema, null=True, on_delete=models.PROTECT, related_name="+")
    training_release = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="+"
    )
    weights_sha256 = models.CharField(max_length=64, default="", blank=True)
    weights_size = models.BigIntegerField(default=0)
    decoder_sha256 = models.CharField(max_length=64, default="", blank=True)
    config = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    segments = models.JSONField(default=list)
    status = models.CharField(max_length=10, choices=Status, default=Status.CANDIDATE)
    message = models.CharField(max_length=400, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "number"], name="version_once")]


class TrainingRun(models.Model):
    """A training: its job, what it learns from, its curve, and the version it made.

    `job` is first the packing of the labels, then the training itself; `release` is null until
    the labels are packed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="training_runs")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="+")
    release = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    curve = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)


class Prediction(models.Model):
    """A model version's proposal for a unit: a document of its own, never edited.

    Without a document, `error` says why the model could not answer for this unit.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="predictions")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="predictions")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="predictions")
    document = models.OneToOneField(Document, null=True, on_delete=models.CASCADE, related_name="+")
    error = models.CharField(max_length=300, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "version"], name="prediction_once")]


class Score(models.Model):
    """What labelling a unit would teach a version; `sentence` says why, for people."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="scores")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="scores")
    strategy = models.CharField(max_length=40)
    value = models.FloatField()
    parts = models.JSONField(default=dict)
    sentence = models.CharField(max_length=300, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "version", "strategy"], name="score_once")
        ]


class FeatureBlob(models.Model):
    """An image embedding of one frame under one window: a cache that can be thrown away."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    frame_key = models.CharField(max_length=40)
    window = models.CharField(max_length=40, default="", blank=True)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "frame_key", "window"], name="feature_once")
        ]


class WorkerHost(models.Model):
    """A model worker that said hello; silent ones count as gone."""

    name = models.CharField(max_length=120, primary_key=True)
    device = models.CharField(max_length=120)
    memory_mib = models.PositiveIntegerField(default=0)
    facts = models.JSONField(default=dict)
    seen_at = models.DateTimeField()
