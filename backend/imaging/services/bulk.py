"""Many rows in one statement that never changes: they travel as one JSON text."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection


class BulkInsert:
    """Adds rows to one table; `columns` maps names to SQL types, ``bytea`` travels as hex."""

    def __init__(self, table: str, columns: Mapping[str, str], *, then: str = "") -> None:
        names = ", ".join(f'"{name}"' for name in columns)
        taken = ", ".join(
            f"decode(\"{name}\", 'hex')" if kind == "bytea" else f'"{name}"'
            for name, kind in columns.items()
        )
        typed = ", ".join(
            f'"{name}" {"text" if kind == "bytea" else kind}' for name, kind in columns.items()
        )
        self._statement = (
            f"INSERT INTO {table} ({names}, created_at) SELECT {taken}, now()"  # noqa: S608  ours
            f" FROM json_to_recordset(%s::json) AS given({typed}) {then}"
        )
        self._returns = "RETURNING" in then

    def add(self, rows: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """Add the rows and return what the statement returns."""
        text = json.dumps([*rows], separators=(",", ":"), allow_nan=False)
        with connection.cursor() as cursor:
            cursor.execute(self._statement, [text])
            return cursor.fetchall() if self._returns else []
