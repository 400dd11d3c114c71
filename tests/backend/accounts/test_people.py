"""People, made and changed by administrators, and found by everybody."""

import io
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from backend.accounts.domain import UserPatch
from backend.accounts.models import User
from backend.accounts.services import LastAdmin, user_update
from backend.core.actor import Actor
from tests.factories import PASSWORD, Api, api_of, make_user

GRETA = {"email": "Greta@Example.org", "name": "Greta", "password": "a long enough secret"}


def test_an_administrator_adds_a_person_who_can_sign_in_at_once(ada):
    answer = api_of(ada).post("/api/v1/users", GRETA)

    assert answer.status_code == 201
    assert answer.json()["email"] == "greta@example.org"
    signed_in = Api().post(
        "/api/v1/session", {"email": "greta@example.org", "password": GRETA["password"]}
    )
    assert signed_in.status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"password": "short"}, 422, "accounts.password_refused"),
        ({"email": "no address"}, 422, "request.invalid"),
        ({"email": "ADA@example.org"}, 409, "accounts.email_taken"),
        ({"is_owner": True}, 422, "request.invalid"),
    ],
)
def test_a_person_who_cannot_be_added_is_refused_with_a_code(ada, change, status, code):
    answer = api_of(ada).post("/api/v1/users", {**GRETA, **change})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_others_do_not_add_or_change_people(ada, alice):
    assert api_of(alice).post("/api/v1/users", GRETA).status_code == 403
    refused = api_of(alice).patch(f"/api/v1/users/{alice.pk}", {"is_admin": True})
    assert refused.status_code == 403


def test_people_are_found_by_part_of_their_name_or_address(ada, alice, bob, charlie):
    User.objects.filter(pk=bob.pk).update(is_active=False)

    def names(asking, search):
        rows = api_of(asking).get("/api/v1/users", {"search": search}).json()["results"]
        return [row["name"] for row in rows]

    assert names(charlie, "LIC") == ["Alice"]
    assert names(charlie, "example.org") == ["Ada", "Alice", "Charlie"]
    assert names(ada, "bob@") == ["Bob"]


def test_pages_of_people_follow_one_another_without_gap_or_repeat(ada):
    for n in range(120):
        make_user(f"Person{n % 7}x{n:03d}")
    browser, seen, cursor = api_of(ada), [], ""
    for _ in range(3):
        page = browser.get("/api/v1/users", {"cursor": cursor} if cursor else {}).json()
        seen += [row["id"] for row in page["results"]]
        cursor = page["next"]

    assert cursor is None
    assert len(seen) == len(set(seen)) == 121
    assert browser.get("/api/v1/users", {"cursor": "WzEsMl0"}).status_code == 422


def test_the_only_administrator_stays_one(ada, alice):
    browser = api_of(ada)
    alone = browser.patch(f"/api/v1/users/{ada.pk}", {"is_admin": False})
    browser.patch(f"/api/v1/users/{alice.pk}", {"is_admin": True})
    helped = browser.patch(f"/api/v1/users/{ada.pk}", {"is_admin": False})

    assert (alone.status_code, alone.json()["code"]) == (409, "accounts.last_admin")
    assert (helped.status_code, helped.json()["is_admin"]) == (200, False)


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_both_leave_at_once_one_stays(ada):
    zoe, outcomes = make_user("Zoe", is_admin=True), []

    def leave():
        try:
            user_update(actor=Actor.system(), user_id=zoe.pk, change=UserPatch(is_admin=False))
            outcomes.append("left")
        except LastAdmin:
            outcomes.append("stays")
        connection.close()

    second = threading.Thread(target=leave)
    with transaction.atomic():
        user_update(actor=Actor.system(), user_id=ada.pk, change=UserPatch(is_admin=False))
        second.start()
        second.join(timeout=1)
        assert outcomes == [], "the second must wait for what becomes of the first"
    second.join()

    assert outcomes == ["stays"]
    assert list(User.objects.filter(is_admin=True)) == [zoe]


def test_a_closed_account_is_signed_out_and_its_tokens_are_refused(ada, bob):
    browser = api_of(bob)
    secret = browser.post("/api/v1/tokens", {"name": "script"}).json()["secret"]
    api_of(ada).patch(f"/api/v1/users/{bob.pk}", {"is_active": False})

    assert browser.get("/api/v1/tokens").status_code == 401
    assert (
        Api(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/tokens").status_code == 401
    )


def test_a_tokens_secret_is_shown_once_and_revoking_ends_it_at_once(alice, bob):
    browser = api_of(alice)
    made = browser.post("/api/v1/tokens", {"name": "laptop", "expires_in_days": 3}).json()
    script = Api(headers={"Authorization": f"Bearer {made['secret']}"})
    listed = script.get("/api/v1/tokens").json()["results"]

    assert [row["name"] for row in listed] == ["laptop"]
    assert "secret" not in listed[0]
    assert api_of(bob).delete(f"/api/v1/tokens/{made['id']}").status_code == 404
    assert browser.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    assert script.get("/api/v1/tokens").status_code == 401


def run(*arguments, **options):
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_the_token_command_prints_a_working_token_and_nothing_else(alice):
    secret = run("token", "ALICE@example.org").strip()

    assert secret.split() == [secret]
    assert (
        Api(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/tokens").status_code == 200
    )
    with pytest.raises(CommandError, match="Nobody here"):
        run("token", "nobody@example.org")


@pytest.mark.django_db
def test_createadmin_makes_an_administrator_and_is_harmless_when_repeated(tmp_path):
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")

    first = run("createadmin", "root@example.org", name="Root", password_file=file)
    second = run("createadmin", "root@example.org", name="Other", password_file=file)

    assert "is now an administrator" in first
    assert "was there already" in second
    user = User.objects.get()
    assert (user.name, user.is_admin, user.check_password(PASSWORD)) == ("Root", True, True)


@pytest.mark.django_db
def test_createadmin_needs_no_more_than_an_address(tmp_path):
    file = tmp_path / "password"
    file.write_text(PASSWORD)

    run("createadmin", "root@example.org", password_file=file)

    assert User.objects.get().name == "root"


@pytest.mark.django_db
def test_createadmin_refuses_a_weak_password_with_its_reason(tmp_path):
    file = tmp_path / "password"
    file.write_text("short")
    with pytest.raises(CommandError, match="too short"):
        run("createadmin", "root@example.org", name="Root", password_file=file)
