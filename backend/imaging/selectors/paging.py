"""Page markers of this room, checked for being what they were made as."""

from datetime import datetime
from uuid import UUID

from backend.core.errors import Invalid
from backend.core.http import cursor_decode

_NOT_OURS = "The page marker is not one of Limn's; start from the first page."


def after_moment(cursor: str) -> tuple[datetime, UUID]:
    """Return the moment and the id that a page ended with."""
    try:
        moment, pk = cursor_decode(cursor)
        return datetime.fromisoformat(moment), UUID(pk)
    except (ValueError, TypeError, AttributeError):
        raise Invalid(_NOT_OURS) from None


def after_number(cursor: str) -> int:
    """Return the number that a page ended with."""
    parts = cursor_decode(cursor)
    if len(parts) != 1 or not isinstance(parts[0], int):
        raise Invalid(_NOT_OURS)
    return parts[0]
