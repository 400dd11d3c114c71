"""Storage kept clean: bytes that no row speaks of are removed after a time of grace.

A blob is written before the row that names it, so a young blob without a row is normal. Only what
is older than `GRACE_SECONDS` is looked at; writing the same bytes again makes a blob young. What
refers to a blob is found in the tables themselves: every column that is named after a hash, then
every other with room for one (texts, JSON documents), so a new table needs no word here.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.apps import apps
from django.db import connection, models

from backend.core.blobs import SHA256_LETTERS, blob_store
from backend.core.errors import Invalid

log = logging.getLogger(__name__)
GRACE_SECONDS = 7 * 24 * 3600.0
LEAST_GRACE_SECONDS = 3600.0
DRAFT_SECONDS = 24 * 3600.0
SLICES = 256
_BATCH = 200
# So many files that no row speaks of are more likely beside the wrong database.
_SUSPICIOUS = 20
HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Orphan:
    """An object that no row speaks of."""

    sha256: str
    is_removed: bool


def storage_sweep(
    *,
    slices: Iterable[int] = range(SLICES),
    grace_seconds: float = GRACE_SECONDS,
    only_look: bool = False,
) -> Iterator[Orphan]:
    """Remove unfinished files, and objects that nothing refers to; yield the latter.

    `slices` are the first two letters of the names to look at, as numbers. With `only_look`
    nothing is removed. A short time of grace endangers what is on its way in.
    """
    if grace_seconds < LEAST_GRACE_SECONDS:
        raise Invalid("An hour of grace is the least: what is on its way in has no row yet.")
    store = blob_store()
    if not only_look:
        store.drop_drafts(DRAFT_SECONDS, blobs_referred_to)
    removed = 0
    for number in slices:
        old = store.older_than(grace_seconds, f"{number:02x}")
        while batch := set(islice(old, _BATCH)):
            for sha256 in _orphans(batch):
                is_removed = not only_look and store.delete_older(sha256, grace_seconds)
                removed += is_removed
                yield Orphan(sha256, is_removed)
    if removed:
        log.warning("Removed %s stored files that nothing refers to.", removed)


def _orphans(batch: set[str]) -> list[str]:
    referred_to = blobs_referred_to(batch)
    if not referred_to and len(batch) >= _SUSPICIOUS:
        log.error("The database knows none of %s stored files: none is removed.", len(batch))
        return []
    return sorted(batch - referred_to)


def blobs_referred_to(hashes: set[str]) -> set[str]:
    """Return those of the hashes that any row of any table holds."""
    found: set[str] = set()
    for table, column in _columns(named_hash=True):
        found |= _named(table, column, hashes - found)
    for table, column in _columns(named_hash=False):
        if hashes - found:
            found |= _mentioned(table, column, hashes - found) & hashes
    return found


def _columns(*, named_hash: bool) -> Iterator[tuple[str, str]]:
    """Yield columns that are named after a hash, or all others that have room for one."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:  # noqa: SLF001  Django's documented API
            column = field.column or ""
            has_room = isinstance(field, models.JSONField | models.TextField) or (
                isinstance(field, models.CharField)
                and (field.max_length or SHA256_LETTERS) >= SHA256_LETTERS
            )
            if has_room and column.endswith("sha256") == named_hash:
                yield model._meta.db_table, column  # noqa: SLF001


def _named(table: str, column: str, hashes: set[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}" = ANY(%s)',  # noqa: S608  ours
            [sorted(hashes)],
        )
        return {row[0] for row in cursor.fetchall()}


def _mentioned(table: str, column: str, hashes: set[str]) -> set[str]:
    patterns = [f"%{sha256}%" for sha256 in sorted(hashes)]
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "{column}"::text FROM "{table}" WHERE "{column}"::text LIKE ANY(%s)',  # noqa: S608  ours
            [patterns],
        )
        return {sha256 for row in cursor for sha256 in HASH.findall(row[0])}
