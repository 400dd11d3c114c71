"""Read side of people and tokens."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.accounts.domain import TokenOut, UserOut
from backend.accounts.models import ApiToken, User
from backend.accounts.policies import may_manage_people, may_search_people
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.core.http import cursor_decode, cursor_encode

PAGE = 50


def user_out(user: User) -> UserOut:
    """Return a person as others see them."""
    return UserOut(
        id=user.pk,
        email=user.email,
        name=user.name,
        is_admin=user.is_admin,
        is_active=user.is_active,
    )


def actor_now(*, user_id: UUID) -> Actor | None:
    """Return a person as of this moment; None where the account is closed or gone."""
    found = User.objects.filter(pk=user_id, is_active=True).values_list("is_admin", flat=True)
    is_admin = found.first()
    return None if is_admin is None else Actor(user_id=user_id, is_admin=is_admin)


def person_shown(user: object) -> UserOut | None:
    """Return whoever sent a request; None for nobody."""
    return user_out(user) if isinstance(user, User) else None


def users_by_id(*, ids: Iterable[UUID]) -> dict[UUID, UserOut]:
    """Return people by id; an id that nobody has is left out."""
    return {user.pk: user_out(user) for user in User.objects.filter(pk__in=set(ids))}


def users_page(
    *, actor: Actor, search: str = "", cursor: str | None = None
) -> tuple[list[UserOut], str | None]:
    """Return a page of people by name. Closed accounts are shown to administrators only."""
    if not may_search_people(actor):
        raise Forbidden("Sign in to look people up.")
    people: QuerySet[User] = User.objects.order_by("name", "id")
    if not actor.is_admin:
        people = people.filter(is_active=True)
    if search.strip():
        wanted = search.strip()
        people = people.filter(Q(name__icontains=wanted) | Q(email__icontains=wanted))
    if cursor:
        people = _after(people, cursor)
    rows = list(people[: PAGE + 1])
    more = cursor_encode(rows[PAGE - 1].name, str(rows[PAGE - 1].pk)) if len(rows) > PAGE else None
    return [user_out(row) for row in rows[:PAGE]], more


def _after(people: QuerySet[User], cursor: str) -> QuerySet[User]:
    try:
        name, last_id = cursor_decode(cursor)
        after = UUID(last_id)
    except (ValueError, TypeError, AttributeError):
        raise Invalid("The page marker is not one of Limn's; start from the first page.") from None
    return people.filter(Q(name__gt=str(name)) | Q(name=name, pk__gt=after))


def user_get_for_manage(*, actor: Actor, user_id: UUID) -> User:
    """Return a person for an administrator to change."""
    if not may_manage_people(actor):
        raise Forbidden("Only administrators change accounts.")
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such person.")
    return user


def user_by_email(*, email: str) -> User:
    """Return the person with this address, whatever its case; for management commands."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise NotFound(f"Nobody here has the e-mail address {email}.")
    return user


def token_out(token: ApiToken) -> TokenOut:
    """Return what may be shown of a token."""
    return TokenOut(
        id=token.pk,
        name=token.name,
        created_at=token.created_at,
        last_used_at=token.last_used_at,
        expires_at=token.expires_at,
    )


def tokens_of(*, actor: Actor) -> list[TokenOut]:
    """Return the actor's own tokens that were not revoked, newest first."""
    if actor.user_id is None:
        return []
    rows = ApiToken.objects.filter(user_id=actor.user_id, revoked_at=None).order_by("-created_at")
    return [token_out(row) for row in rows]
