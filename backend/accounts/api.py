"""Doors: the session, people, tokens."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.middleware.csrf import get_token
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import CookieAuthentication
from backend.accounts.domain import (
    PasswordIn,
    SessionOut,
    SignInIn,
    TokenIn,
    TokenList,
    TokenSecret,
    UserIn,
    UserList,
    UserOut,
    UserPatch,
)
from backend.accounts.selectors import person_shown, token_out, tokens_of, user_out, users_page
from backend.accounts.services import (
    password_change,
    sign_in,
    sign_out,
    token_create,
    token_revoke,
    user_create,
    user_update,
)
from backend.core.actor import Actor

SEARCH = OpenApiParameter("search", str, description="Part of a name or an e-mail address.")
CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")


class SessionView(APIView):
    """The browser's session."""

    permission_classes = [AllowAny]

    @extend_schema(operation_id="session_get", responses={200: SessionOut})
    def get(self, request: Request) -> Response:
        """Say who is signed in, and hand out the CSRF token."""
        return Response(_session(request))

    @extend_schema(operation_id="session_create", request=SignInIn, responses={200: SessionOut})
    def post(self, request: Request) -> Response:
        """Sign in with e-mail address and password."""
        CookieAuthentication().enforce_csrf(request)
        body = SignInIn.model_validate(request.data)
        user = sign_in(email=body.email, password=body.password, address=_address(request))
        login(request._request, user)  # noqa: SLF001  Django's own request holds the session
        request.user = user
        return Response(_session(request))

    @extend_schema(operation_id="session_delete", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Sign out, and tell the browser to drop the images it has cached."""
        if request.user is not None:
            sign_out(actor=Actor.of(request))
        logout(request._request)  # noqa: SLF001
        headers = {"Clear-Site-Data": '"cache"'}
        return Response(status=status.HTTP_204_NO_CONTENT, headers=headers)


class PasswordView(APIView):
    """One's own password."""

    @extend_schema(operation_id="password_change", request=PasswordIn, responses={204: None})
    def put(self, request: Request) -> Response:
        """Change it; other sessions of this person end."""
        body = PasswordIn.model_validate(request.data)
        user = password_change(actor=Actor.of(request), current=body.current, new=body.new)
        update_session_auth_hash(request._request, user)  # noqa: SLF001
        return Response(status=status.HTTP_204_NO_CONTENT)


class UsersView(APIView):
    """People."""

    @extend_schema(
        operation_id="users_list", parameters=[SEARCH, CURSOR], responses={200: UserList}
    )
    def get(self, request: Request) -> Response:
        """List people by name."""
        people, more = users_page(
            actor=Actor.of(request),
            search=request.query_params.get("search", ""),
            cursor=request.query_params.get("cursor"),
        )
        return Response(UserList(results=people, next=more).model_dump(mode="json"))

    @extend_schema(operation_id="user_create", request=UserIn, responses={201: UserOut})
    def post(self, request: Request) -> Response:
        """Add a person."""
        person = UserIn.model_validate(request.data)
        user = user_create(actor=Actor.of(request), person=person)
        return Response(user_out(user).model_dump(mode="json"), status=status.HTTP_201_CREATED)


class UserView(APIView):
    """One person."""

    @extend_schema(operation_id="user_update", request=UserPatch, responses={200: UserOut})
    def patch(self, request: Request, user_id: UUID) -> Response:
        """Change a person."""
        change = UserPatch.model_validate(request.data)
        user = user_update(actor=Actor.of(request), user_id=user_id, change=change)
        return Response(user_out(user).model_dump(mode="json"))


class TokensView(APIView):
    """One's own API tokens."""

    @extend_schema(operation_id="tokens_list", responses={200: TokenList})
    def get(self, request: Request) -> Response:
        """List them, without their secrets."""
        own = TokenList(results=tokens_of(actor=Actor.of(request)))
        return Response(own.model_dump(mode="json"))

    @extend_schema(operation_id="token_create", request=TokenIn, responses={201: TokenSecret})
    def post(self, request: Request) -> Response:
        """Make one; the answer holds its secret, once."""
        body = TokenIn.model_validate(request.data)
        token, secret = token_create(actor=Actor.of(request), **body.model_dump())
        answer = TokenSecret(**token_out(token).model_dump(), secret=secret)
        return Response(answer.model_dump(mode="json"), status=status.HTTP_201_CREATED)


class TokenView(APIView):
    """One of one's own API tokens."""

    @extend_schema(operation_id="token_delete", responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke it."""
        token_revoke(actor=Actor.of(request), token_id=token_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _session(request: Request) -> dict[str, object]:
    session = SessionOut(
        user=person_shown(request.user),
        csrf_token=get_token(request._request),  # noqa: SLF001
        events_url=_events_url(request),
        version=settings.LIMN_VERSION,
    )
    return session.model_dump(mode="json")


def _events_url(request: Request) -> str:
    """Return where to listen; ``:8001/events`` means that port of the host the browser uses."""
    address: str = settings.LIMN_EVENTS_URL
    if not address.startswith(":"):
        return address
    host = request.get_host()
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return f"{request.scheme}://{name}{address}"


def _address(request: Request) -> str:
    """Return the sender's network address; behind our own proxy, the one it saw."""
    direct: str = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        return request.headers.get("X-Real-IP", direct)
    return direct
