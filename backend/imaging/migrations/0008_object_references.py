"""What segmentations, structure sets, reports and the like say about images."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imaging", "0007_runs_undone")]

    operations = [
        migrations.CreateModel(
            name="ObjectReference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=30)),
                ("series_uid", models.CharField(blank=True, default="", max_length=64)),
                (
                    "sop_uids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), default=list, size=None
                    ),
                ),
                ("frame_of_reference_uid", models.CharField(blank=True, default="", max_length=64)),
                ("points_mm_lps", models.JSONField(default=list)),
                (
                    "instance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="references",
                        to="imaging.instance",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["series_uid"], name="object_reference_series")],
            },
        ),
    ]
