"""Who is asking. Every service and selector is told; nothing reads a request."""

from dataclasses import dataclass
from typing import Any, Protocol, Self
from uuid import UUID


class _Request(Protocol):
    @property
    def user(self) -> Any: ...  # noqa: ANN401  accounts.User; core stands below accounts


@dataclass(frozen=True)
class Actor:
    """A person, or the system itself (`user_id` is None)."""

    user_id: UUID | None
    is_admin: bool = False

    @classmethod
    def of(cls, request: _Request) -> Self:
        """Return the person who sent `request`; views are only reached signed in."""
        return cls(user_id=request.user.pk, is_admin=request.user.is_admin)

    @classmethod
    def system(cls) -> Self:
        """Return Limn itself: the sweeper, the launcher, a management command."""
        return cls(user_id=None, is_admin=True)
