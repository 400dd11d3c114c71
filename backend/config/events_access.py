"""Who listens, and to what they may: the events process asks the same selectors as the API."""

from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed

from backend.accounts.authentication import TokenAuthentication
from backend.accounts.models import User
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid, LimnError, NotFound, Unavailable
from backend.core.models import Job
from backend.projects.selectors import project_verbs

MAX_TOPICS = 50
Headers = dict[str, str]


class SignInNeeded(LimnError):
    """Nobody is signed in, or the token is no good."""

    status = 401
    code = "not_authenticated"


def allowed_origin(headers: Headers) -> str | None:
    """Return the origin to answer to, None for a request of the same origin; refuse others."""
    origin = headers.get("origin")
    if origin is None:
        return None
    host = headers.get("host", "")
    own = {f"http://{host}", f"https://{host}"}
    if origin in settings.CSRF_TRUSTED_ORIGINS or origin in own:
        return origin
    raise Forbidden("News are not given to pages of other sites.")


@sync_to_async
def topics_allowed(headers: Headers, wanted: str) -> frozenset[str]:
    """Return the topics in ``a:1,b:2``; refuse if nobody is signed in or one is not for them."""
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    if not names or len(names) > MAX_TOPICS:
        raise Invalid(f"Name between one and {MAX_TOPICS} topics.")
    try:
        close_old_connections()
        actor = _actor(headers)
        return frozenset(_allowed(actor, name) for name in names)
    except DatabaseError:
        raise Unavailable("The database does not answer; try again in a moment.") from None


def _actor(headers: Headers) -> Actor:
    request = HttpRequest()
    request.META = {"HTTP_AUTHORIZATION": headers.get("authorization", "")}
    user = _token_owner(request) or _cookie_owner(request, headers.get("cookie", ""))
    if user is None:
        raise SignInNeeded("Please sign in.")
    return Actor(user_id=user.pk, is_admin=user.is_admin)


def _token_owner(request: HttpRequest) -> User | None:
    try:
        found: Any = TokenAuthentication().authenticate(request)  # type: ignore[arg-type]  # reads headers only
    except AuthenticationFailed as error:
        raise SignInNeeded(str(error.detail)) from None
    return found[0] if found else None


def _cookie_owner(request: HttpRequest, cookie: str) -> User | None:
    morsel = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    if morsel is None:
        return None
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


def _allowed(actor: Actor, name: str) -> str:
    """Return the full topic if the actor may watch it; ``user`` means oneself."""
    if name in {"user", f"user:{actor.user_id}"}:
        return f"user:{actor.user_id}"
    kind, _, raw = name.partition(":")
    try:
        object_id = UUID(raw)
    except ValueError:
        raise Invalid(f"“{name[:80]}” is no topic.") from None
    if kind == "project" and project_verbs(actor=actor, project_id=object_id):
        return f"project:{object_id}"
    if kind == "job" and _may_watch_job(actor, object_id):
        return f"job:{object_id}"
    raise NotFound("One of the topics does not exist.")


def _may_watch_job(actor: Actor, job_id: UUID) -> bool:
    job = Job.objects.filter(pk=job_id).only("project_id", "created_by_id").first()
    if job is None:
        return False
    if actor.is_admin or job.created_by_id == actor.user_id:
        return True
    return job.project_id is not None and bool(
        project_verbs(actor=actor, project_id=job.project_id)
    )
