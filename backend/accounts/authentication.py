"""How a request says who sends it: a browser session or an API token."""

import hashlib

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from backend.accounts.models import ApiToken, User

SCHEME = "Bearer "


class CookieAuthentication(SessionAuthentication):
    """The browser's session; writes need the CSRF header."""

    def authenticate_header(self, _request: Request) -> str:
        """Make a missing sign-in a 401."""
        return "Bearer"


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``; works wherever the session does."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the token's owner; None where another scheme is used."""
        header = request.headers.get("Authorization", "")
        if not header.startswith(SCHEME):
            return None
        digest = hashlib.sha256(header.removeprefix(SCHEME).strip().encode()).hexdigest()
        token = ApiToken.objects.select_related("user").filter(secret_sha256=digest).first()
        now = timezone.now()
        if token is None or token.revoked_at or (token.expires_at and token.expires_at < now):
            raise AuthenticationFailed("The token is unknown, revoked or expired.")
        if not token.user.is_active:
            raise AuthenticationFailed("This account is closed.")
        if token.last_used_at is None or (now - token.last_used_at).total_seconds() > 60:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, _request: Request) -> str:
        """Make a bad token a 401."""
        return "Bearer"
