"""What DICOMweb searches series by: when they were begun, and what for."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("imaging", "0005_studies")]
    operations = [
        migrations.AddField("series", "started_date", models.CharField(blank=True, default="", max_length=16)),
        migrations.AddField("series", "started_time", models.CharField(blank=True, default="", max_length=32)),
        migrations.AddField("series", "requests", models.JSONField(default=list)),
    ]
