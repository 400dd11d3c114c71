"""Signing hot calls in: half of the time of a save went into asking who sends it.

The same schemes as everywhere, with the plain case answered by a short statement. Anything
unusual falls through to the ordinary classes, and a session's write still needs its CSRF header.
"""

import hashlib
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.accounts.authentication import SCHEME, CookieAuthentication, TokenAuthentication
from backend.annotations.selectors import Caller, caller_by_session, caller_by_token


class QuickToken(TokenAuthentication):
    """``Authorization: Bearer <token>``."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the token's owner; None where another scheme is used."""
        header = request.headers.get("Authorization", "")
        if not header.startswith(SCHEME):
            return None
        secret = header.removeprefix(SCHEME).strip()
        caller = caller_by_token(hashlib.sha256(secret.encode()).hexdigest())
        return super().authenticate(request) if caller is None else (caller, None)


class QuickCookie(CookieAuthentication):
    """The browser's session."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the session's person, once the CSRF header is right."""
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        caller: Caller | None = caller_by_session(key) if key else None
        if caller is None:
            return super().authenticate(request)
        self.enforce_csrf(request)
        return caller, None


class QuickView(APIView):
    """A view whose POST is signed in on the short way."""

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:  # noqa: ANN401  as DRF has it
        """Return the request with the short way's schemes in place of the ordinary ones."""
        asked = super().initialize_request(request, *args, **kwargs)
        if request.method == "POST":
            asked.authenticators = (QuickToken(), QuickCookie())
        return asked
