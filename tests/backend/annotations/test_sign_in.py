"""A save is signed in on a short way that lets nobody in whom the long way would not."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import ApiToken, User
from backend.accounts.services import token_create
from backend.core.actor import Actor
from tests.backend.annotations.editing import painted
from tests.factories import api_of


@pytest.fixture
def secret(desk):
    token = token_create(actor=Actor.system(), owner_id=desk.actor.user_id, name="script")[1]
    assert send(desk, secret=token).status_code == 201  # its first use is noted by the long way
    return token


def send(desk, *, browser=None, secret=None, base=0):
    headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}"} if secret else {}
    return (browser or Client()).post(
        f"/api/v1/documents/{desk.document_id}/revisions",
        desk.body(base, [(0, base % 3, painted(1, (2, base % 7)))]),
        "application/json",
        **headers,
    )


@pytest.mark.django_db
def test_a_token_saves_and_its_use_is_noted(desk, secret):
    assert send(desk, secret=secret, base=1).status_code == 201
    assert ApiToken.objects.get().last_used_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(days=1)}]
)
def test_a_revoked_or_expired_token_is_refused_at_once(desk, secret, change):
    ApiToken.objects.update(**change)

    assert send(desk, secret=secret, base=1).status_code == 401


@pytest.mark.django_db
def test_a_closed_account_saves_neither_by_token_nor_by_session(desk, secret):
    browser = api_of(User.objects.get(pk=desk.actor.user_id))
    User.objects.update(is_active=False)

    assert send(desk, secret=secret, base=1).status_code == 401
    assert send(desk, browser=browser, base=1).status_code == 401


@pytest.mark.django_db
def test_an_unknown_token_is_refused(desk):
    assert send(desk, secret="limn_guessed").status_code == 401


@pytest.mark.django_db
def test_a_session_needs_its_csrf_header_to_save(desk):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(pk=desk.actor.user_id))

    assert send(desk, browser=browser).status_code == 403


@pytest.mark.django_db
def test_signing_out_and_changing_the_password_end_a_session(desk):
    user = User.objects.get(pk=desk.actor.user_id)
    signed_out, other = api_of(user), api_of(user)
    assert send(desk, browser=other).status_code == 201
    signed_out.logout()
    assert send(desk, browser=signed_out, base=1).status_code == 401

    user.set_password("another long secret")
    user.save(update_fields=["password"])

    assert send(desk, browser=other, base=1).status_code == 401


@pytest.mark.django_db
def test_a_save_asks_the_database_little(desk, secret, django_assert_max_num_queries):
    browser = api_of(User.objects.get(pk=desk.actor.user_id))
    send(desk, browser=browser, base=1)

    with django_assert_max_num_queries(3):
        assert send(desk, secret=secret, base=2).status_code == 201
    with django_assert_max_num_queries(4):
        assert send(desk, browser=browser, base=3).status_code == 201
