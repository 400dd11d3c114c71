"""Label projects, who takes part, what they label and with which schema."""

import uuid

from django.conf import settings
from django.db import models

from backend.imaging.models import Grid


class Project(models.Model):
    """A label project; its id is also the audience that may see its studies."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=160)
    instructions = models.TextField(default="", blank=True)
    state = models.CharField(max_length=10, default="active")
    policy = models.JSONField(default=dict)
    schema_number = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)


class Membership(models.Model):
    """A person's role in a project."""

    class Role(models.TextChoices):
        """From all to nothing but looking; see policies.py for what each may."""

        OWNER = "owner"
        MANAGER = "manager"
        REVIEWER = "reviewer"
        ANNOTATOR = "annotator"
        DATA_SCIENTIST = "data_scientist"
        VIEWER = "viewer"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=16, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="member_once")]


class LabelSchema(models.Model):
    """One immutable version of a project's label schema."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="schemas")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="schema_once")]


class Unit(models.Model):
    """One thing to label in a project: a grid of a series. `number` gives its display name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="units")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="units")
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "grid"], name="unit_once"),
            models.UniqueConstraint(fields=["project", "number"], name="unit_number_once"),
        ]
