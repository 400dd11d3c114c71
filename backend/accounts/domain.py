"""What the doors of this room take and give, and how long a failed sign-in makes one wait."""

import hashlib
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

FREE_ATTEMPTS = 5
LONGEST_PAUSE_SECONDS = 900
TOKEN_PREFIX = "limn_"  # noqa: S105  marks a secret as ours; no secret itself


def _trimmed(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _like_an_address(value: str) -> str:
    local, at, host = value.partition("@")
    if not (local and at and host) or "@" in host or any(sign.isspace() for sign in value):
        raise ValueError("this is no e-mail address")
    return value


Email = Annotated[
    str,
    BeforeValidator(_trimmed),
    StringConstraints(min_length=3, max_length=254),
    AfterValidator(_like_an_address),
]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class _Request(BaseModel):
    """A body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class UserOut(BaseModel):
    """A person as others see them."""

    id: UUID
    email: str
    name: str
    is_admin: bool
    is_active: bool


class UserList(BaseModel):
    """A page of people."""

    results: list[UserOut]
    next: str | None


class SessionOut(BaseModel):
    """Who is signed in, and what the browser needs to go on."""

    user: UserOut | None
    csrf_token: str
    events_url: str
    version: str


class SignInIn(_Request):
    """Credentials. The address is not judged here: an odd one is answered like a wrong one."""

    email: Annotated[str, BeforeValidator(_trimmed), StringConstraints(max_length=254)]
    password: Password


class PasswordIn(_Request):
    """A new password, and the present one as proof of who is asking."""

    current: Password
    new: Password


class UserIn(_Request):
    """A new person."""

    email: Email
    name: PersonName
    password: Password
    is_admin: bool = False


class UserPatch(_Request):
    """What an administrator changes about a person; what is left out stays."""

    name: PersonName | None = None
    password: Password | None = None
    is_admin: bool | None = None
    is_active: bool | None = None


class TokenIn(_Request):
    """A new API token."""

    name: PersonName
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class TokenOut(BaseModel):
    """An API token, without its secret."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class TokenSecret(TokenOut):
    """A fresh token: the only answer that ever holds the secret."""

    secret: str


class TokenList(BaseModel):
    """Somebody's own tokens."""

    results: list[TokenOut]


def pause_seconds(failures: int) -> int:
    """Return how long to wait after so many failures in a row: 0, then 1, 2, 4 … 900 seconds."""
    if failures < FREE_ATTEMPTS:
        return 0
    return int(min(2 ** min(failures - FREE_ATTEMPTS, 20), LONGEST_PAUSE_SECONDS))


def failures_key(*, email: str, address: str) -> str:
    """Return the key under which failures of this e-mail from this network address count."""
    return hashlib.sha256(f"{email}\n{address}".encode()).hexdigest()


def secret_digest(secret: str) -> str:
    """Return what is kept of a token's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
