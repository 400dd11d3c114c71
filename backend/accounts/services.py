"""Write side of people, sign-in and tokens.

A failed sign-in says the same, after the same work, for an unknown address, a wrong password
and a closed account. It is counted per address and place in a transaction of its own, so that
the count outlives the refusal.
"""

import secrets
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from backend.accounts.domain import (
    TOKEN_PREFIX,
    UserIn,
    UserPatch,
    failures_key,
    pause_seconds,
    secret_digest,
)
from backend.accounts.models import ApiToken, SignInFailures, User
from backend.accounts.policies import may_manage_people
from backend.accounts.selectors import user_get_for_manage
from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.errors import Conflict, Forbidden, Invalid, LimnError, NotFound


class SignInRefused(LimnError):
    """Unknown address, wrong password or closed account: the answer does not say which."""

    status: ClassVar[int] = 401
    code: ClassVar[str] = "accounts.sign_in_refused"


class TooManyAttempts(LimnError):
    """Too many failures in a row; `retry_after_s` says how long to wait."""

    status: ClassVar[int] = 429
    code: ClassVar[str] = "accounts.too_many_attempts"


class EmailTaken(Conflict):
    """Somebody has this address already."""

    code = "accounts.email_taken"


class LastAdmin(Conflict):
    """The change would leave Limn without an administrator."""

    code = "accounts.last_admin"


class PasswordRefused(Invalid):
    """The password is too easily guessed; the message says why."""

    code = "accounts.password_refused"


def sign_in(*, email: str, password: str, address: str) -> User:
    """Return the person these credentials belong to; refuse, and count the failure, otherwise."""
    key = failures_key(email=email, address=address)
    _refuse_while_blocked(key)
    user = authenticate(username=email, password=password)
    if not isinstance(user, User):
        _count_failure(key)
        raise SignInRefused("The e-mail address or the password is not right.")
    SignInFailures.objects.filter(pk=key).delete()
    audit_record(actor=_self(user), verb="session.signed_in", target_id=user.pk)
    return user


def sign_out(*, actor: Actor) -> None:
    """Note that somebody left; the door ends the session itself."""
    if actor.user_id is not None:
        audit_record(actor=actor, verb="session.signed_out", target_id=actor.user_id)


def _self(user: User) -> Actor:
    return Actor(user_id=user.pk, is_admin=user.is_admin)


def _refuse_while_blocked(key: str) -> None:
    row = SignInFailures.objects.filter(pk=key, blocked_until__gt=timezone.now()).first()
    if row is None or row.blocked_until is None:
        return
    seconds = int((row.blocked_until - timezone.now()).total_seconds()) + 1
    raise TooManyAttempts(
        f"Too many attempts. Please wait {seconds} second{'s' if seconds > 1 else ''}.",
        retry_after_s=seconds,
    )


@transaction.atomic
def _count_failure(key: str) -> None:
    SignInFailures.objects.get_or_create(pk=key)
    SignInFailures.objects.filter(pk=key).update(
        count=models.F("count") + 1, updated_at=timezone.now()
    )
    row = SignInFailures.objects.get(pk=key)
    pause = pause_seconds(row.count)
    if pause:
        SignInFailures.objects.filter(pk=key).update(
            blocked_until=timezone.now() + timedelta(seconds=pause)
        )


@transaction.atomic
def user_create(*, actor: Actor, person: UserIn) -> User:
    """Add a person with a password that is good enough."""
    if not may_manage_people(actor):
        raise Forbidden("Only administrators add people.")
    if User.objects.filter(email__iexact=person.email).exists():
        raise EmailTaken(f"{person.email} has an account already.")
    user = User(email=person.email, name=person.name, is_admin=person.is_admin)
    _set_password(user, person.password)
    user.save(force_insert=True)
    audit_record(actor=actor, verb="user.created", target_id=user.pk, is_admin=person.is_admin)
    return user


@transaction.atomic
def user_update(*, actor: Actor, user_id: UUID, change: UserPatch) -> User:
    """Change what `change` names; one administrator always stays."""
    user = user_get_for_manage(actor=actor, user_id=user_id)
    values: dict[str, Any] = change.model_dump(exclude_unset=True, exclude_none=True)
    if user.is_admin and (values.get("is_admin") is False or values.get("is_active") is False):
        _refuse_last_admin(user)
    password = values.pop("password", None)
    for field, value in values.items():
        setattr(user, field, value)
    if password is not None:
        _set_password(user, password)
    fields = [*values, *(["password"] if password is not None else [])]
    if fields:
        user.save(update_fields=fields)
        audit_record(actor=actor, verb="user.changed", target_id=user.pk, fields=sorted(fields))
    return user


def _refuse_last_admin(user: User) -> None:
    """Refuse unless another active administrator exists; the lock stops two who leave at once."""
    admins = User.objects.select_for_update(no_key=True, of=("self",)).filter(
        is_admin=True, is_active=True
    )
    if {row.pk for row in admins.order_by("pk")} <= {user.pk}:
        raise LastAdmin("This is the only administrator; make somebody else one first.")


@transaction.atomic
def password_change(*, actor: Actor, current: str, new: str) -> User:
    """Give the actor a new password; the present one proves that it is them."""
    user = User.objects.filter(pk=actor.user_id).first() if actor.user_id else None
    if user is None or not user.check_password(current):
        raise Forbidden("The present password is not right.")
    _set_password(user, new)
    user.save(update_fields=["password"])
    audit_record(actor=actor, verb="user.password_changed", target_id=user.pk)
    return user


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordRefused(" ".join(error.messages)) from None
    user.set_password(password)


@transaction.atomic
def admin_ensure(*, email: str, name: str, password: str) -> tuple[User, bool]:
    """Make the person with this address an administrator, and the person if there is none.

    Somebody who exists keeps name and password. Returns the person and whether they are new.
    """
    actor = Actor.system()
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        person = UserIn(email=email, name=name, password=password, is_admin=True)
        return user_create(actor=actor, person=person), True
    return user_update(
        actor=actor, user_id=user.pk, change=UserPatch(is_admin=True, is_active=True)
    ), False


@transaction.atomic
def token_create(
    *, actor: Actor, name: str, expires_in_days: int | None = None, owner_id: UUID | None = None
) -> tuple[ApiToken, str]:
    """Return a new token of the actor's, or of `owner_id` for a management command, and its secret.

    The secret is not kept and cannot be shown again.
    """
    owner = owner_id if actor.user_id is None else actor.user_id
    if owner is None:
        raise Forbidden("A token needs a person whose it is.")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    expires = None
    if expires_in_days is not None:
        expires = timezone.now() + timedelta(days=expires_in_days)
    token = ApiToken.objects.create(
        user_id=owner, name=name, secret_sha256=secret_digest(secret), expires_at=expires
    )
    audit_record(actor=actor, verb="token.created", target_id=token.pk)
    return token, secret


@transaction.atomic
def token_revoke(*, actor: Actor, token_id: UUID) -> None:
    """Make one of the actor's own tokens useless at once."""
    own = ApiToken.objects.filter(pk=token_id, revoked_at=None)
    if actor.user_id is None or not own.filter(user_id=actor.user_id).update(
        revoked_at=timezone.now()
    ):
        raise NotFound("There is no such token.")
    audit_record(actor=actor, verb="token.revoked", target_id=token_id)
