"""Bytes erased at once, safely beside who is about to speak of the same bytes.

Whoever finds an object in the store already and writes a row that names it holds erasures out
until that row is there, and keeps the bytes once more meanwhile: an erasure before it may have
taken them. An erasure waits for all of these, and sees their rows then.
"""

from collections.abc import Callable

from django.db import connection, transaction

from backend.core.blobs import blob_store
from backend.core.sweep import blobs_referred_to

_LOCK = 0x4C494D4E_42595445


def erasures_hold() -> None:
    """Keep erasures waiting until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


@transaction.atomic
def blobs_erase(
    hashes: set[str], is_needed: Callable[[set[str]], set[str]] = blobs_referred_to
) -> list[str]:
    """Remove those of the objects that nobody needs; return their names in order.

    `is_needed` tells which are; else all that any row speaks of.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    gone = sorted(hashes - is_needed(hashes))
    for sha256 in gone:
        blob_store().delete(sha256)
    return gone
