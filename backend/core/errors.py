"""Errors people can act on. Each has a stable code and becomes a problem document (RFC 9457)."""

from typing import Any, ClassVar


class LimnError(Exception):
    """Something was refused. The message is safe to show: no patient data, no paths."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "request.refused"

    def __init__(self, detail: str, **extra: Any) -> None:  # noqa: ANN401  any JSON value
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class Invalid(LimnError):
    """The request was understood and says something that cannot be."""

    status = 422
    code = "request.invalid"


class NotFound(LimnError):
    """It does not exist, or this person may not see it; the answer is the same."""

    status = 404
    code = "not_found"


class Forbidden(LimnError):
    """The person sees the thing but may not do this with it."""

    status = 403
    code = "forbidden"


class Conflict(LimnError):
    """Somebody else was first."""

    status = 409
    code = "conflict"


class Unavailable(LimnError):
    """A part of Limn is down for the moment; trying again later is right."""

    status = 503
    code = "unavailable"
