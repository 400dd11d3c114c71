"""The rows of all tables, out of PostgreSQL and into it again, by its own COPY.

One way for every installation: it needs no program of a server's version, only a connection. What
is read in one transaction of the level "repeatable read" belongs together, whatever others write.
"""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from django.db import connection

# Who is signed in is nobody's data; which migrations were applied is compared, not carried over.
LEFT_OUT = frozenset({"django_session", "django_migrations"})
_CHUNK = 1 << 20


@dataclass(frozen=True)
class TableFile:
    """The rows of one table in a file."""

    table: str
    columns: tuple[str, ...]
    file: str
    sha256: str
    rows: int

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**asdict(self), "columns": list(self.columns)}

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """Return what a document says."""
        return cls(**{**document, "columns": tuple(document["columns"])})


def tables() -> list[str]:
    """Return the tables to carry over."""
    return sorted(set(connection.introspection.table_names()) - LEFT_OUT)


def begin_snapshot() -> None:
    """Let this transaction see the database as it is now, to its end; call it first in it."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def tables_write(folder: Path) -> list[TableFile]:
    """Write every table into a file of its own; within one transaction."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(table, folder / f"{table}.copy.gz") for table in tables()]


def _write(table: str, path: Path) -> TableFile:
    with connection.cursor() as cursor:
        columns = tuple(
            column.name for column in connection.introspection.get_table_description(cursor, table)
        )
        with (
            gzip.open(path, "wb", 3) as target,
            cursor.copy(f"COPY {_named(table, columns)} TO STDOUT") as rows,
        ):
            for chunk in rows:
                target.write(chunk)
        count: int = cursor.rowcount
    return TableFile(table, columns, path.name, file_sha256(path), count)


def _named(table: str, columns: Iterable[str]) -> str:
    quote = connection.ops.quote_name
    return f"{quote(table)} ({', '.join(quote(column) for column in columns)})"


def tables_read(folder: Path, files: Iterable[TableFile]) -> None:
    """Replace the rows of these tables by those of the files; within one transaction."""
    files = list(files)
    with connection.cursor() as cursor:
        names = ", ".join(connection.ops.quote_name(each.table) for each in files)
        cursor.execute(f"TRUNCATE {names}")
        for each in files:
            with (
                gzip.open(folder / each.file, "rb") as source,
                cursor.copy(f"COPY {_named(each.table, each.columns)} FROM STDIN") as rows,
            ):
                while chunk := source.read(_CHUNK):
                    rows.write(chunk)


def sequences() -> dict[str, tuple[int, bool]]:
    """Return where each counter stands, so that no number is ever given twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1"
        )
        names = [row[0] for row in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f"SELECT last_value, is_called FROM {connection.ops.quote_name(name)}")  # noqa: S608  ours
            found[name] = cursor.fetchone()
    return found


def sequences_set(values: dict[str, tuple[int, bool]]) -> None:
    """Set the counters as they stood."""
    with connection.cursor() as cursor:
        for name, (value, is_called) in values.items():
            quoted = connection.ops.quote_name(name)
            cursor.execute("SELECT setval(%s::regclass, %s, %s)", [quoted, value, is_called])


def migrations_applied() -> list[str]:
    """Return the changes of the schema that this database has gone through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
