"""Signing in and out."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.domain import pause_seconds
from backend.accounts.models import SignInFailures, User
from backend.audit.models import AuditEvent
from tests.factories import PASSWORD, Api, api_of, make_user

SESSION = "/api/v1/session"


@pytest.fixture
def eve(db):
    return make_user("Eve", password=PASSWORD)


def credentials(**changes):
    return {"email": "eve@example.org", "password": PASSWORD, **changes}


@pytest.mark.django_db
def test_anybody_may_ask_who_is_signed_in_and_learns_what_the_browser_needs(settings):
    settings.LIMN_EVENTS_URL = ":8001/events"

    answer = Api().get(SESSION, headers={"host": "localhost:8000"})

    assert answer.status_code == 200
    assert answer.json()["user"] is None
    assert answer.json()["csrf_token"]
    assert answer.json()["events_url"] == "http://localhost:8001/events"
    assert answer["Cache-Control"] == "no-store"


def test_signing_in_whatever_the_case_of_the_address_and_out_again(eve):
    browser = Api()

    answer = browser.post(SESSION, credentials(email=" Eve@Example.ORG "))

    assert answer.status_code == 200
    assert answer.json()["user"]["name"] == "Eve"
    assert browser.get(SESSION).json()["user"]["id"] == str(eve.pk)
    gone = browser.delete(SESSION)
    assert (gone.status_code, gone["Clear-Site-Data"]) == (204, '"cache"')
    assert browser.get(SESSION).json()["user"] is None
    assert list(AuditEvent.objects.values_list("verb", flat=True).order_by("id")) == [
        "session.signed_in",
        "session.signed_out",
    ]


def test_an_unknown_address_a_wrong_password_and_a_closed_account_answer_alike(eve):
    make_user("Fay", password=PASSWORD)
    User.objects.filter(name="Fay").update(is_active=False)
    answers = [
        Api().post(SESSION, credentials(**change))
        for change in ({"email": "nobody@x"}, {"password": "wrong"}, {"email": "fay@example.org"})
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "accounts.sign_in_refused"


def test_after_five_failures_even_the_right_password_must_wait_and_then_works(eve):
    for _ in range(5):
        assert Api().post(SESSION, credentials(password="wrong")).status_code == 401

    answer = Api().post(SESSION, credentials())
    assert answer.status_code == 429
    assert answer.json()["retry_after_s"] >= 1

    elsewhere = Api().post(SESSION, credentials(), REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 200

    SignInFailures.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    assert Api().post(SESSION, credentials()).status_code == 200
    assert not SignInFailures.objects.exists()


def test_the_pause_doubles_and_ends_at_a_quarter_of_an_hour():
    assert [pause_seconds(n) for n in (4, 5, 6, 9, 14, 15, 90)] == [0, 1, 2, 16, 512, 900, 900]


def test_signing_in_needs_the_csrf_token_so_that_nobody_is_signed_in_by_another_site(eve):
    browser = Client(enforce_csrf_checks=True)

    refused = browser.post(SESSION, credentials(), content_type="application/json")
    token = browser.get(SESSION).json()["csrf_token"]
    taken = browser.post(
        SESSION, credentials(), content_type="application/json", headers={"X-CSRFToken": token}
    )

    assert (refused.status_code, taken.status_code) == (403, 200)


def test_a_write_with_the_cookie_needs_the_csrf_token_and_one_with_a_token_does_not(eve):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(eve)
    refused = browser.post("/api/v1/tokens", {"name": "mine"}, content_type="application/json")
    secret = api_of(eve).post("/api/v1/tokens", {"name": "mine"}).json()["secret"]
    script = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})

    taken = script.post("/api/v1/tokens", {"name": "other"}, content_type="application/json")

    assert (refused.status_code, taken.status_code) == (403, 201)


def test_changing_ones_password_needs_the_present_one_and_ends_other_sessions(eve):
    here, there = api_of(eve), api_of(eve)
    wrong = here.put("/api/v1/session/password", {"current": "wrong", "new": "another good one"})
    easy = here.put("/api/v1/session/password", {"current": PASSWORD, "new": "password12"})
    done = here.put("/api/v1/session/password", {"current": PASSWORD, "new": "another good one"})

    assert (wrong.status_code, easy.status_code, done.status_code) == (403, 422, 204)
    assert easy.json()["code"] == "accounts.password_refused"
    assert here.get(SESSION).json()["user"] is not None
    assert there.get(SESSION).json()["user"] is None
