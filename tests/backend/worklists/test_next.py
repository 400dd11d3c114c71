"""The next task: the most useful one, under a lease, never the same to two people."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from backend.annotations.models import Document
from backend.core.actor import Actor
from backend.worklists.models import Task
from backend.worklists.services import task_next
from tests.backend.annotations.editing import painted, run_in_threads
from tests.backend.worklists.images import make_image
from tests.backend.worklists.working import next_task, post, save
from tests.factories import add_unit, api_of, make_user


def keys_of(opened):
    grid = Task.objects.get(pk=opened["task"]["id"]).unit.grid
    return [f"{instance}.{number}" for instance, number, _ in grid.frames]


@pytest.mark.django_db
def test_the_queue_gives_the_highest_priority_first_and_then_by_number(queue, bob):
    browser = api_of(bob)

    numbers = [next_task(browser, queue)["task_open"]["task"]["number"] for _ in range(6)]

    assert numbers == [4, 2, 1, 3, 5, 6]


@pytest.mark.django_db
def test_an_opened_task_carries_what_an_editor_needs(queue, bob):
    opened = next_task(api_of(bob), queue)["task_open"]

    assert opened["task"]["state"] == "in_progress"
    assert opened["task"]["label"] == "Case 004 · CT"
    assert opened["task"]["holder"]["name"] == "Bob"
    assert opened["schema"]["number"] == 1
    assert opened["document"]["head_number"] == 0
    assert opened["position"] == {"index": 4, "total": 6}
    assert opened["lock"]["token"]


@pytest.mark.django_db(transaction=True)
def test_fifty_who_ask_at_once_get_fifty_different_tasks(queue, bob):
    for _ in range(54):
        add_unit(queue, make_image(frame_count=1))
    people = [make_user(f"Reader{n}") for n in range(50)]
    for person in people:
        queue.memberships.create(user=person, role="annotator")
    given = []

    def ask(n):
        claim = task_next(actor=Actor(user_id=people[n].pk), project_id=queue.pk)
        given.append(claim.task_id)

    run_in_threads(ask, count=50)

    assert None not in given
    assert Counter(given).most_common(1)[0][1] == 1
    assert Task.objects.count() == 60


@pytest.mark.django_db
def test_units_become_tasks_on_demand_and_each_only_once(project, bob):
    add_unit(project, make_image())
    browser = api_of(bob)
    next_task(browser, project)
    add_unit(project, make_image())
    rows = browser.get(f"/api/v1/projects/{project.pk}/tasks").json()["results"]

    assert sorted(row["number"] for row in rows) == [1, 2]
    assert Task.objects.count() == Document.objects.count() == 2


@pytest.mark.django_db
def test_returned_work_comes_before_unfinished_work_before_the_queue(queue, bob, rita):
    browser, reviewer = api_of(bob), api_of(rita)
    first = next_task(browser, queue)["task_open"]
    save(
        browser,
        first,
        0,
        [(0, 1, painted(1, (2, 3)))],
        frames=keys_of(first),
        answers={"quality": "yes"},
    )
    post(browser, first, "submit", base_number=1, open_next=False)
    second = next_task(browser, queue)["task_open"]
    save(browser, second, 0, [(0, 1, painted(1, (2, 3)))], frames=keys_of(second))
    post(browser, second, "release")
    reviewer.post(
        f"/api/v1/tasks/{first['task']['id']}/review", {"verdict": "return", "reason": "Look again"}
    )

    again = next_task(browser, queue)["task_open"]
    then = next_task(browser, queue)["task_open"]

    assert (again["task"]["id"], again["task"]["returned_reason"]) == (
        first["task"]["id"],
        "Look again",
    )
    assert then["task"]["id"] == second["task"]["id"]


@pytest.mark.django_db
def test_an_untouched_task_of_somebody_gone_is_given_to_the_next(queue, bob, rita):
    gone = next_task(api_of(bob), queue)["task_open"]
    Task.objects.filter(pk=gone["task"]["id"]).update(
        lease_until=timezone.now() - timedelta(hours=1)
    )

    given = next_task(api_of(rita), queue)["task_open"]

    assert given["task"]["id"] == gone["task"]["id"]
    refused = post(api_of(bob), gone, "heartbeat", active_ms=10)
    assert (refused.status_code, refused.json()["holder_name"]) == (409, "Rita")


@pytest.mark.django_db
def test_work_that_was_begun_stays_with_its_person_when_the_lease_ends(queue, bob, rita):
    browser = api_of(bob)
    begun = next_task(browser, queue)["task_open"]
    save(browser, begun, 0, [(0, 0, painted(7, (1, 5)))], frames=keys_of(begun))
    Task.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    Document.objects.update(lock_until=timezone.now() - timedelta(hours=1))

    assert next_task(api_of(rita), queue)["task_open"]["task"]["id"] != begun["task"]["id"]
    assert next_task(browser, queue)["task_open"]["task"]["id"] == begun["task"]["id"]


@pytest.mark.django_db
def test_a_peek_leases_without_starting_and_an_active_heartbeat_starts(queue, bob, rita):
    browser = api_of(bob)
    peeked = next_task(browser, queue, peek=True)["task_open"]

    assert (peeked["task"]["state"], peeked["task"]["assignee"]) == ("todo", None)
    assert next_task(api_of(rita), queue)["task_open"]["task"]["id"] != peeked["task"]["id"]
    post(browser, peeked, "heartbeat", active_ms=1500)
    task = Task.objects.get(pk=peeked["task"]["id"])
    assert (task.state, task.assignee_id, task.active_ms) == ("in_progress", bob.pk, 1500)


@pytest.mark.django_db
def test_what_one_peeked_at_is_what_one_gets_next(queue, bob, rita):
    browser = api_of(bob)
    working = next_task(browser, queue)["task_open"]
    peeked = [next_task(browser, queue, peek=True)["task_open"]["task"]["id"] for _ in range(2)]
    assert next_task(api_of(rita), queue)["task_open"]["task"]["id"] not in peeked

    drawn = [(0, 1, painted(1, (2, 3)))]
    save(browser, working, 0, drawn, frames=keys_of(working), answers={"quality": "yes"})
    handed_in = post(browser, working, "submit", base_number=1).json()

    assert peeked == [handed_in["next"]["task"]["id"]] * 2
    assert handed_in["next"]["task"]["state"] == "in_progress"


@pytest.mark.django_db
def test_an_empty_queue_says_why(project, queue, bob, rita):
    browser = api_of(bob)
    for _ in range(6):
        next_task(browser, queue)

    taken = next_task(api_of(rita), queue)
    assert (taken["task_open"], taken["code"]) == (None, "queue.taken")
    Task.objects.update(state="submitted", lease_until=None)
    assert next_task(browser, queue)["code"] == "queue.done"
    Task.objects.all().delete()
    queue.units.all().delete()
    assert next_task(browser, queue)["code"] == "queue.empty"


@pytest.mark.django_db
def test_only_who_may_label_gets_work(queue, vera, dora, charlie):
    address = f"/api/v1/projects/{queue.pk}/next"
    for user, status in ((vera, 403), (dora, 403), (charlie, 404), (None, 401)):
        assert api_of(user).post(address, {}).status_code == status
