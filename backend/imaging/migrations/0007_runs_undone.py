"""Deliveries that are undone, and files to try again found quickly."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('imaging', '0009_dicomweb'),
    ]

    operations = [
        migrations.AddField(
            model_name='ingestrun',
            name='undone_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='ingestitem',
            index=models.Index(
                condition=models.Q(('code__in', ('imaging.storage_full', 'imaging.vanished', 'imaging.internal', 'imaging.study_taken'))),
                fields=['run'],
                name='ingest_item_outside',
            ),
        ),
    ]
