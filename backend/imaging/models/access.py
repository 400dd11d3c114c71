"""Who may see which study."""

from django.db import models

from backend.imaging.models.dicom import Study


class StudyAudience(models.Model):
    """A study that an audience (a project, or one person's own uploads) may see."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="audiences")
    audience_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["audience_id", "study"], name="study_audience_once")
        ]


class AudienceMember(models.Model):
    """A person who belongs to an audience; `projects` keeps its audiences current."""

    audience_id = models.UUIDField()
    user_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "audience_id"], name="audience_member_once")
        ]
