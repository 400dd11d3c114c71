"""What Limn needs to work, asked part by part."""

import os
from pathlib import Path
from typing import TypedDict

from django.conf import settings
from django.db import DatabaseError, connection

from backend.core.blobs import blob_store
from backend.inference.selectors import workers_alive


class Part(TypedDict):
    """The state of one part and a sentence about it."""

    state: str
    detail: str


def readiness() -> dict[str, Part]:
    """Return the state of the database, the broker, the workers and the storage."""
    database = _database()
    return {
        "database": database,
        "broker": _broker(),
        "workers": _workers() if database["state"] == "ready" else _away("Not asked."),
        "storage": _storage(),
    }


def _ready(detail: str) -> Part:
    return {"state": "ready", "detail": detail}


def _away(detail: str) -> Part:
    return {"state": "away", "detail": detail}


def _database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return _away("PostgreSQL does not answer.")
    return _ready("PostgreSQL answers.")


def _broker() -> Part:
    import redis  # a tenth of a second of the start, and asked for only here  # noqa: PLC0415

    try:
        redis.Redis.from_url(
            settings.LIMN_BROKER_URL.replace("redis+socket://", "unix://"),
            socket_connect_timeout=1,
            socket_timeout=1,
        ).ping()
    except (redis.RedisError, OSError, ValueError):
        return _away("The broker does not answer; jobs wait and start when it is back.")
    return _ready("The broker answers.")


def _workers() -> Part:
    alive = workers_alive()
    if not alive:
        return _away("No model worker has said hello in the last minute.")
    return _ready(f"{len(alive)} model worker{'s' if len(alive) > 1 else ''}.")


def _storage() -> Part:
    if settings.LIMN_BLOBS.startswith("s3://"):
        blob_store().exists("0" * 64)
        return _ready("Object storage answers.")
    root = Path(settings.LIMN_BLOBS)
    root.mkdir(parents=True, exist_ok=True)
    if not os.access(root, os.W_OK):
        return _away("The storage folder cannot be written.")
    stat = os.statvfs(root)
    free_gib = stat.f_bavail * stat.f_frsize / 1024**3
    if free_gib < 0.5:
        return _away(f"Only {free_gib:.1f} GiB are free in the storage folder.")
    return _ready(f"{free_gib:.0f} GiB free.")
