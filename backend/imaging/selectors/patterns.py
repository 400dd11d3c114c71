"""SQL's own patterns as lookups: ``column__like``, ``column__ilike``, ``array__any_like``.

Django escapes what it compares with; a search with wildcards needs the patterns themselves, which
the trigram index understands and which cost a tenth of a regular expression.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Lookup, TextField
from django.db.models.sql.compiler import SQLCompiler


@CharField.register_lookup
@TextField.register_lookup
class Like(Lookup):
    """``column LIKE pattern``."""

    lookup_name = "like"
    operator = "LIKE"

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """Return the condition and its parameters."""
        left, left_parameters = self.process_lhs(compiler, connection)
        right, right_parameters = self.process_rhs(compiler, connection)
        return f"{left} {self.operator} {right}", (*left_parameters, *right_parameters)


@CharField.register_lookup
class AnyCaseLike(Like):
    """``column ILIKE pattern``: letters of either case are equal."""

    lookup_name = "ilike"
    operator = "ILIKE"


@ArrayField.register_lookup
class AnyLike(Lookup):
    """One element of an array is ``LIKE pattern``."""

    lookup_name = "any_like"
    prepare_rhs = False

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """Return the condition and its parameters."""
        left, parameters = self.process_lhs(compiler, connection)
        each = f"(SELECT 1 FROM unnest({left}) AS each WHERE each LIKE %s)"  # noqa: S608  ours
        return f"EXISTS {each}", (*parameters, self.rhs)
