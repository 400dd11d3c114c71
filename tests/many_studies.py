"""A large archive written straight into the tables: as many studies as wanted, in seconds.

It has rows only, no files. What each study is follows from its number, so that a test knows what it
will find: study n is of patient n // 4. All are older than whatever comes in afterwards.
"""

from django.db import connection

BODY_PARTS = ("CHEST", "ABDOMEN", "HEAD", "PELVIS", "KNEE", "LIVER")

_PATIENTS = """
INSERT INTO imaging_patient (id, identity, patient_id, issuer, name, sex, birth_date, created_at)
SELECT md5('patient' || n)::uuid, 'made-' || n, 'B' || n, '',
       'Family' || n %% 977 || '^Given' || n, CASE n %% 2 WHEN 0 THEN 'F' ELSE 'M' END, '19700101',
       now() - interval '1 year'
FROM generate_series(0, %(last)s / 4) AS n
"""
_STUDIES = """
INSERT INTO imaging_study (id, uid, patient_id, study_id, date, time, accession, description,
                           referring_physician, modalities, sources, search_text, series_count,
                           instance_count, created_at)
SELECT md5('study' || n)::uuid, '1.2.826.99.' || n, md5('patient' || n / 4)::uuid, '',
       to_char(date '2010-01-01' + (n * 7919) %% 5500, 'YYYYMMDD'), '', 'A' || n,
       'Study ' || n %% 31, '',
       CASE WHEN n %% 1000 = 0 THEN ARRAY['OP'] WHEN n %% 3 = 0 THEN ARRAY['MR']
            ELSE ARRAY['CT'] END,
       ARRAY[CASE n %% 4 WHEN 0 THEN 'stow' ELSE 'command' END],
       lower('B' || n / 4 || E'\\n' || 'Family' || n / 4 %% 977 || '^Given' || n / 4
             || E'\\n' || 'A' || n || E'\\n' || 'Study ' || n %% 31),
       %(series)s, 60 * %(series)s, now() - interval '1 day' - n * interval '1 minute'
FROM generate_series(0, %(last)s) AS n
"""
_SERIES = """
INSERT INTO imaging_series (id, uid, study_id, number, modality, description, body_part,
                            laterality, instance_count, frame_count, warnings, grids_stale,
                            created_at {columns})
SELECT md5('series' || n || '.' || k)::uuid, '1.2.826.99.' || n || '.' || k,
       md5('study' || n)::uuid, k, CASE n %% 3 WHEN 0 THEN 'MR' ELSE 'CT' END, 'Series ' || k,
       (%(parts)s::varchar[])[1 + n %% 5 + CASE WHEN n %% 2000 = 4 THEN 1 ELSE 0 END],
       '', 60, 60,
       CASE WHEN n %% 500 = 0 AND k = 1 THEN '["Slices 3 and 4 lie 12 mm apart."]'::jsonb
            ELSE '[]'::jsonb END,
       false, now() - interval '1 day' {values}
FROM generate_series(0, %(last)s) AS n, generate_series(1, %(series)s) AS k
"""
_TABLES = ("imaging_patient", "imaging_study", "imaging_series")
_EMPTY = {"text": "''", "character varying": "''", "jsonb": "'[]'::jsonb"}


def fill(count: int, series: int = 2) -> None:
    """Write `count` studies of some series each, and let PostgreSQL learn of them."""
    parameters = {"last": count - 1, "series": series, "parts": list(BODY_PARTS)}
    with connection.cursor() as cursor:
        for statement in (_PATIENTS, _STUDIES, _series_statement()):
            cursor.execute(statement, parameters)
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")


def empty() -> None:
    """Remove them again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM imaging_studytag WHERE study_id IN (SELECT id FROM"
            " imaging_study WHERE uid LIKE '1.2.826.99.%')"
        )
        for statement in (
            "DELETE FROM imaging_series WHERE uid LIKE '1.2.826.99.%'",
            "DELETE FROM imaging_study WHERE uid LIKE '1.2.826.99.%'",
            "DELETE FROM imaging_patient WHERE identity LIKE 'made-%'",
        ):
            cursor.execute(statement)
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")


def _series_statement() -> str:
    """Give columns that later versions of the table ask for an empty value."""
    known = _SERIES.split("(", 1)[1].split("{", 1)[0].replace("\n", " ").split(",")
    names = {name.strip() for name in known}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name ="
            " 'imaging_series' AND is_nullable = 'NO' AND column_default IS NULL"
        )
        missing = [row for row in cursor.fetchall() if row[0] not in names]
    return _SERIES.format(
        columns="".join(f", {name}" for name, _ in missing),
        values="".join(f", {_EMPTY[kind]}" for _, kind in missing),
    )
