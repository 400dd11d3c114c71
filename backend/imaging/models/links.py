"""What segmentations, structure sets, reports and the like say about images."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from backend.imaging.models.dicom import Instance


class ObjectReference(models.Model):
    """One object's word about one series, as `domain.references` reads it.

    Resolved when it is read: the images may come later than what speaks about them.
    """

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="references")
    kind = models.CharField(max_length=30)
    series_uid = models.CharField(max_length=64, default="", blank=True)
    sop_uids = ArrayField(models.CharField(max_length=64), default=list)
    frame_of_reference_uid = models.CharField(max_length=64, default="", blank=True)
    points_mm_lps = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["series_uid"], name="object_reference_series")]
