"""The cast, for every room."""

from tests.factories import (  # noqa: F401  fixtures
    ada,
    alice,
    bob,
    charlie,
    dora,
    mark,
    project,
    rita,
    vera,
)
