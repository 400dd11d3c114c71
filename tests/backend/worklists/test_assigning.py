"""Tasks for named people, and leases that end with the tab that took them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.annotations.models import Document
from backend.worklists.models import Task
from tests.backend.annotations.editing import painted
from tests.backend.worklists.test_next import keys_of
from tests.backend.worklists.working import next_task, post, save
from tests.factories import add_member, api_of, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def bea(queue):
    """Return a second annotator."""
    user = make_user("Bea")
    add_member(queue, user)
    return user


def assign(manager, project, numbers, user):
    ids = Task.objects.filter(project=project, number__in=numbers).values_list("pk", flat=True)
    return api_of(manager).post(
        f"/api/v1/projects/{project.pk}/assignments",
        {"task_ids": [str(pk) for pk in ids], "user_id": user and str(user.pk)},
    )


def number_of(answer):
    return answer["task_open"] and answer["task_open"]["task"]["number"]


def test_next_prefers_what_is_reserved_and_gives_it_to_nobody_else(queue, mark, bob, bea):
    assert assign(mark, queue, [4, 5], bea).json() == {"assigned": 2, "left": []}

    his = [number_of(next_task(api_of(bob), queue)) for _ in range(5)]
    hers = [number_of(next_task(api_of(bea), queue)) for _ in range(2)]

    assert his == [2, 1, 3, 6, None]
    assert hers == [4, 5]


def test_where_only_others_reserved_work_is_left_the_answer_says_so(queue, mark, bob, bea):
    assign(mark, queue, [1, 2, 3, 4, 5, 6], bea)

    assert next_task(api_of(bob), queue)["code"] == "queue.reserved"
    hint = api_of(bea).get("/api/v1/home").json()["next_hint"]
    assert (hint["task"]["number"], hint["task"]["is_reserved"]) == (4, True)


def test_reserved_work_stays_reserved_when_it_is_put_down_or_its_lease_ends(queue, mark, bob, bea):
    assign(mark, queue, [4], bea)
    browser = api_of(bea)
    post(browser, next_task(browser, queue)["task_open"], "release")
    assert (number_of(next_task(api_of(bob), queue)), number_of(next_task(browser, queue))) == (
        2,
        4,
    )
    Task.objects.filter(number=4).update(lease_until=timezone.now() - timedelta(hours=1))

    assert number_of(next_task(api_of(bob), queue)) == 1
    assert number_of(next_task(browser, queue)) == 4


def test_it_can_be_given_back_to_the_queue_or_to_another(queue, mark, bob, bea):
    assign(mark, queue, [4, 2], bea)
    assign(mark, queue, [4], None)
    assign(mark, queue, [2], bob)

    assert [number_of(next_task(api_of(bob), queue)) for _ in range(2)] == [2, 4]


def test_what_is_open_or_handed_in_is_left_as_it_is_and_named(queue, mark, bob, bea):
    browser = api_of(bob)
    held = next_task(browser, queue)["task_open"]
    done = next_task(browser, queue)["task_open"]
    Task.objects.filter(pk=done["task"]["id"]).update(state="submitted", lease_until=None)

    answer = assign(mark, queue, [1, 2, 4], bea).json()

    assert answer["assigned"] == 1
    assert {row["task_id"]: row["reason"] for row in answer["left"]} == {
        held["task"]["id"]: "Somebody has it open at the moment.",
        done["task"]["id"]: "It is handed in already.",
    }


def test_begun_work_goes_over_with_what_was_drawn(queue, mark, bob, bea):
    browser = api_of(bob)
    begun = next_task(browser, queue)["task_open"]
    save(browser, begun, 0, [(0, 1, painted(1, (2, 3)))], frames=keys_of(begun))
    post(browser, begun, "release")

    assign(mark, queue, [4], bea)

    assert number_of(next_task(browser, queue)) == 2
    hers = next_task(api_of(bea), queue)["task_open"]
    assert (hers["task"]["number"], len(hers["document"]["masks"])) == (4, 1)


def test_only_people_who_label_here_are_given_work(queue, mark, vera, charlie, bob):
    assert assign(mark, queue, [1], vera).status_code == 422
    assert assign(mark, queue, [1], charlie).status_code == 404
    assert assign(bob, queue, [1], bob).status_code == 403
    assert assign(charlie, queue, [1], bob).status_code == 404


def test_a_task_of_another_project_is_not_found(queue, mark, bob):
    body = {"task_ids": ["5f0c1e2a-0000-4000-8000-000000000000"], "user_id": str(bob.pk)}
    answer = api_of(mark).post(f"/api/v1/projects/{queue.pk}/assignments", body)
    assert answer.status_code == 404


def test_the_work_of_somebody_who_left_the_project_is_everybodys(queue, mark, bob, bea):
    assign(mark, queue, [4], bea)
    queue.memberships.filter(user=bea).delete()

    assert number_of(next_task(api_of(bob), queue)) == 4


def test_a_peek_stays_short_until_somebody_works(queue, bob):
    browser = api_of(bob)
    peeked = next_task(browser, queue, peek=True)["task_open"]

    def minutes_left():
        lease = Task.objects.get(pk=peeked["task"]["id"]).lease_until - timezone.now()
        return lease.total_seconds() / 60

    assert minutes_left() <= 1
    post(browser, peeked, "heartbeat", active_ms=0)
    assert minutes_left() <= 1
    post(browser, peeked, "heartbeat", active_ms=900)
    assert minutes_left() > 20


def test_the_farewell_of_a_closing_tab_gives_the_task_back(queue, bob):
    """`navigator.sendBeacon` sends a form with the cookie and no headers of ours."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(bob)
    peeked = next_task(api_of(bob), queue, peek=True)["task_open"]
    address = f"/api/v1/tasks/{peeked['task']['id']}/release"
    form = {"lock_token": peeked["lock"]["token"]}
    browser.get("/api/v1/session")
    kind = "application/x-www-form-urlencoded"

    forged = browser.post(address, f"lock_token={form['lock_token']}", kind)
    token = browser.cookies["csrftoken"].value
    told = browser.post(
        address, f"lock_token={form['lock_token']}&csrfmiddlewaretoken={token}", kind
    )

    assert (forged.status_code, told.status_code) == (403, 204)
    task = Task.objects.get(pk=peeked["task"]["id"])
    assert (task.state, task.holder_id, task.lease_until) == ("todo", None, None)
    assert Document.objects.get(pk=task.document_id).lock_token is None
