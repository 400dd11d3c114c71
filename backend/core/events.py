"""News for open browsers: sent with the transaction, fanned out by the events process.

PostgreSQL delivers a notification when its transaction commits and never before. An event
names what changed; readers fetch it again, so a lost event costs a delay and nothing else.
"""

import json
from uuid import UUID

from django.db import connection

CHANNEL = "limn"


def publish(topic: str, kind: str, object_id: UUID | str) -> None:
    """Tell those who watch `topic` (``project:<id>``, ``job:<id>``, ``user:<id>``) of a change."""
    payload = json.dumps({"topic": topic, "kind": kind, "id": str(object_id)})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
