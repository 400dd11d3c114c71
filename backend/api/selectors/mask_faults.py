"""Mask frames lie in the database: damaged ones, missing ones, and those that nothing holds."""

from dataclasses import dataclass

from django.db import connection

# A revision's masks are in what it changed and in its snapshot.
_HELD = """
SELECT revision.document_id, revision.number, mask.value AS sha256
FROM annotations_revision AS revision, LATERAL (
    SELECT value FROM jsonb_each_text(coalesce(revision.delta->'masks', '{}'))
    UNION SELECT value FROM jsonb_each_text(coalesce(revision.snapshot->'masks', '{}'))
) AS mask WHERE mask.value IS NOT NULL
"""


@dataclass(frozen=True)
class MaskFaults:
    """What is wrong with mask frames; each with the revisions that hold it."""

    checked: int
    damaged: dict[str, list[str]]
    missing: dict[str, list[str]]
    orphans: int


def mask_faults() -> MaskFaults:
    """Hash every mask frame in the database and look up every one that a revision names."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM annotations_maskblob")
        checked = cursor.fetchone()[0]
        cursor.execute(
            "SELECT sha256 FROM annotations_maskblob WHERE encode(sha256(data), 'hex') <> sha256"
        )
        damaged: dict[str, list[str]] = {row[0]: [] for row in cursor}
        cursor.execute(
            f"SELECT held.* FROM ({_HELD}) AS held WHERE held.sha256 = ANY(%s)",  # noqa: S608  ours
            [sorted(damaged)],
        )
        for document, number, sha256 in cursor:
            damaged[sha256].append(_revision(document, number))
        cursor.execute(
            f"SELECT held.* FROM ({_HELD}) AS held WHERE NOT EXISTS ("  # noqa: S608  ours
            "SELECT FROM annotations_maskblob AS blob WHERE blob.sha256 = held.sha256)"
        )
        missing: dict[str, list[str]] = {}
        for document, number, sha256 in cursor:
            missing.setdefault(sha256, []).append(_revision(document, number))
        cursor.execute(
            "SELECT count(*) FROM annotations_maskblob AS blob WHERE NOT EXISTS ("  # noqa: S608  ours
            f"SELECT FROM ({_HELD}) AS held WHERE held.sha256 = blob.sha256)"
        )
        orphans = cursor.fetchone()[0]
    return MaskFaults(checked, damaged, missing, orphans)


def _revision(document: object, number: int) -> str:
    return f"revision {number} of document {document}"
