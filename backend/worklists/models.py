"""Tasks: one unit in one project for one reader, and where it stands."""

import uuid

from django.conf import settings
from django.db import models

from backend.annotations.models import Document
from backend.projects.models import Project, Unit


class Task(models.Model):
    """The work on one unit. `priority` is written by the acquisition strategy, highest first.

    `number` and `modality` repeat what the unit's grid says for ever, so that a list reads one table.
    While open it is held by `holder` until `lease_until`; the editing lock itself stands on the
    document, so that a save needs no look at the task.
    """

    class State(models.TextChoices):
        """From to-do to accepted, and the ways aside."""

        TODO = "todo"
        IN_PROGRESS = "in_progress"
        SUBMITTED = "submitted"
        IN_REVIEW = "in_review"
        ACCEPTED = "accepted"
        RETURNED = "returned"
        SKIPPED = "skipped"
        PROBLEM = "problem"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    number = models.PositiveIntegerField()
    modality = models.CharField(max_length=16, default="", blank=True)
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="task")
    proposal = models.ForeignKey(
        Document, null=True, on_delete=models.SET_NULL, related_name="proposed_tasks"
    )
    state = models.CharField(max_length=12, choices=State, default=State.TODO)
    priority = models.FloatField(default=0)
    why = models.JSONField(null=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="tasks",
        db_index=False,
    )
    # Given to the assignee beforehand: it stays theirs when they put it down untouched.
    is_reserved = models.BooleanField(default=False, db_default=False)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    lease_until = models.DateTimeField(null=True)
    active_ms = models.BigIntegerField(default=0)
    agreement = models.JSONField(null=True)
    skip_reason = models.CharField(max_length=500, default="", blank=True)
    problem_text = models.CharField(max_length=1000, default="", blank=True)
    returned_reason = models.CharField(max_length=1000, default="", blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit"], name="task_once")]
        indexes = [
            models.Index(
                fields=["project", "-priority", "number"],
                condition=models.Q(state="todo"),
                name="task_next",
            ),
            models.Index(
                fields=["project", "lease_until"],
                condition=models.Q(state="in_progress"),
                name="task_leased",
            ),
            models.Index(fields=["assignee", "project", "state"], name="task_mine"),
            models.Index(
                fields=["project", "submitted_at"],
                condition=models.Q(state="in_review"),
                name="task_review",
            ),
            models.Index(
                fields=["holder", "project"],
                condition=models.Q(state="todo", holder__isnull=False),
                name="task_peeked",
            ),
            models.Index(fields=["project", "state", "-updated_at", "-id"], name="task_list"),
            models.Index(fields=["project", "-updated_at", "-id"], name="task_newest"),
            models.Index(fields=["project", "number"], name="task_number"),
            models.Index(fields=["project", "modality", "number"], name="task_modality"),
            models.Index(
                fields=["project", "submitted_at"],
                condition=models.Q(submitted_at__isnull=False),
                name="task_submitted",
            ),
        ]


class QueueState(models.Model):
    """How far a project's units have become tasks: those up to `unit_number` have one."""

    project = models.OneToOneField(
        Project, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    unit_number = models.PositiveIntegerField(default=0)
