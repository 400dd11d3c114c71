"""Work that waits for a database that is away, instead of giving up at once."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)
_Found = TypeVar("_Found")
_PAUSE_S = 0.5


def is_away() -> bool:
    """Tell whether this thread's connection is broken."""
    held = connection.connection
    return held is None or bool(held.closed)


def patiently(seconds: float, work: Callable[[], _Found]) -> _Found:
    """Do the work, a transaction or a question; while the database is away, again and again.

    What another transaction takes away in the middle (its rows are gone at the end) is tried once
    more too. Inside of a transaction nothing is tried again: it is lost as a whole.
    """
    until = time.monotonic() + seconds
    may_collide = True
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            log.warning("The database is away; trying again")
            connection.close()
            time.sleep(_PAUSE_S)
        except IntegrityError:
            if connection.in_atomic_block or not may_collide:
                raise
            may_collide = False
