"""An index for words anywhere in the text that studies are searched by.

PostgreSQL's own extension pg_trgm makes it. Where it is not installed searches read every study,
which takes a tenth of a second for a hundred thousand.
"""

from django.db import migrations

FORWARD = """
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX IF NOT EXISTS study_search_trigrams
        ON imaging_study USING gin (search_text gin_trgm_ops);
EXCEPTION WHEN undefined_file OR feature_not_supported OR insufficient_privilege THEN
    RAISE NOTICE 'pg_trgm is not installed; studies are searched without an index';
END $$
"""


class Migration(migrations.Migration):
    """Add the index where it can be."""

    dependencies = [("imaging", "0001_initial")]
    operations = [
        migrations.RunSQL(FORWARD, "DROP INDEX IF EXISTS study_search_trigrams"),
    ]
