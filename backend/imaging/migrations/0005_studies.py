"""Studies found, gathered and described: where they came from, tags, cohorts, clinical data."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import uuid
from django.db import migrations, models

SOURCES_SO_FAR = """
UPDATE imaging_study SET sources = found.sources FROM (
    SELECT study_id, array_agg(DISTINCT source ORDER BY source) AS sources FROM (
        SELECT series.study_id, run.source FROM imaging_ingestitem item
            JOIN imaging_ingestrun run ON run.id = item.run_id
            JOIN imaging_instance instance ON instance.id = item.instance_id
            JOIN imaging_series series ON series.id = instance.series_id
            WHERE item.outcome = 'stored'
        UNION SELECT series.study_id, run.source FROM imaging_sourcefile file
            JOIN imaging_ingestitem item ON item.id = file.item_id
            JOIN imaging_ingestrun run ON run.id = item.run_id
            JOIN imaging_series series ON series.id = file.series_id
    ) AS each GROUP BY study_id
) AS found WHERE found.study_id = imaging_study.id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('imaging', '0004_source_files'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClinicalEntry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=8)),
                ('name', models.CharField(blank=True, default='', max_length=120)),
                ('value', models.TextField(blank=True, default='')),
                ('unit', models.CharField(blank=True, default='', max_length=40)),
                ('date', models.DateField(null=True)),
                ('author_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('withdrawn_by_id', models.UUIDField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Cohort',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('filter', models.JSONField(null=True)),
                ('is_shared', models.BooleanField(default=False)),
                ('created_by_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='CohortStudy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.CreateModel(
            name='StudyTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_by_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40)),
                ('color', models.CharField(max_length=7)),
                ('created_by_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.AddField(
            model_name='study',
            name='sources',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), default=list, size=None),
        ),
        migrations.AddIndex(
            model_name='series',
            index=models.Index(fields=['body_part', 'study'], name='series_by_body_part'),
        ),
        migrations.AddIndex(
            model_name='series',
            index=models.Index(condition=models.Q(('warnings', []), _negated=True), fields=['study'], name='series_with_warnings'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['description'], name='study_by_description'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(django.db.models.functions.text.Left('search_text', 64), name='study_by_patient'),
        ),
        migrations.AddField(
            model_name='clinicalentry',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='clinical_entries', to='imaging.patient'),
        ),
        migrations.AddField(
            model_name='clinicalentry',
            name='replaces',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='imaging.clinicalentry'),
        ),
        migrations.AddIndex(
            model_name='cohort',
            index=models.Index(fields=['created_by_id'], name='cohort_by_person'),
        ),
        migrations.AddField(
            model_name='cohortstudy',
            name='cohort',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cohort_studies', to='imaging.cohort'),
        ),
        migrations.AddField(
            model_name='cohortstudy',
            name='study',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cohort_studies', to='imaging.study'),
        ),
        migrations.AddField(
            model_name='studytag',
            name='study',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='study_tags', to='imaging.study'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='tag_name_once'),
        ),
        migrations.AddField(
            model_name='studytag',
            name='tag',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='study_tags', to='imaging.tag'),
        ),
        migrations.AddIndex(
            model_name='clinicalentry',
            index=models.Index(fields=['patient', 'created_at'], name='clinical_by_patient'),
        ),
        migrations.AddConstraint(
            model_name='cohortstudy',
            constraint=models.UniqueConstraint(fields=('cohort', 'study'), name='cohort_study_once'),
        ),
        migrations.AddConstraint(
            model_name='studytag',
            constraint=models.UniqueConstraint(fields=('tag', 'study'), name='study_tag_once'),
        ),
        migrations.RunSQL(SOURCES_SO_FAR, migrations.RunSQL.noop),
    ]
