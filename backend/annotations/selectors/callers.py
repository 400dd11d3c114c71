"""Who sends a save, learned with one short statement or two.

Only the plain case is decided here: a valid token used within the last minute, a running session
of an open account. For everything else the answer is None and the ordinary authentication of
`accounts` decides, so its rules stand in one place.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from backend.accounts.models import User
from backend.annotations.selectors.access import prepared_row


@dataclass(frozen=True)
class Caller:
    """A signed-in person, as far as a save must know them."""

    pk: UUID
    is_admin: bool
    is_authenticated: bool = True
    is_active: bool = True


_OWNER = """
SELECT u.id, u.is_admin FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id
WHERE t.secret_sha256 = %(digest)s AND t.revoked_at IS NULL AND u.is_active
  AND (t.expires_at IS NULL OR t.expires_at > now())
  AND t.last_used_at > now() - interval '1 minute'
"""
_SESSION = """
SELECT session_data FROM django_session
WHERE session_key = %(key)s AND expire_date > now()
"""
_PERSON = "SELECT id, is_admin, password FROM accounts_user WHERE id = %(id)s AND is_active"


def caller_by_token(digest: str) -> Caller | None:
    """Return the owner of a token by the SHA-256 of its secret."""
    row = prepared_row(_OWNER, {"digest": digest})
    return None if row is None else Caller(row[0], row[1])


def caller_by_session(key: str) -> Caller | None:
    """Return the person of a session; a changed password ends it, as everywhere."""
    row = prepared_row(_SESSION, {"key": key})
    data = {} if row is None else SessionStore().decode(row[0])
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    found = prepared_row(_PERSON, {"id": data.get(SESSION_KEY)})
    if found is None:
        return None
    person = User(id=found[0], password=found[2])
    if not constant_time_compare(data.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash()):
        return None
    return Caller(found[0], found[1])
