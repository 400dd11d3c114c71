"""Review: who judges what, one reviewer at a time, and a correction that is accepted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.annotations.models import Document
from backend.projects.domain import ProjectPolicy
from backend.worklists.models import Task
from backend.worklists.services.reviews import state_after_submit
from tests.backend.annotations.editing import painted
from tests.backend.worklists.test_next import keys_of
from tests.backend.worklists.working import next_task, post, save
from tests.factories import add_member, api_of, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewed(queue):
    """Return the project, in which all that is submitted waits for a reviewer."""
    queue.policy = {"review_percent": 100}
    queue.save()
    return queue


def hand_in(user, project):
    """Label and submit the next task as `user`; return what was opened."""
    browser = api_of(user)
    opened = next_task(browser, project)["task_open"]
    drawn = [(0, 1, painted(1, (2, 3)))]
    save(browser, opened, 0, drawn, frames=keys_of(opened), answers={"quality": "yes"})
    answer = post(browser, opened, "submit", base_number=1, open_next=False)
    assert answer.status_code == 200, answer.json()
    return opened


def judge(browser, opened, verdict, **body):
    return browser.post(
        f"/api/v1/tasks/{opened['task']['id']}/review", {"verdict": verdict, **body}
    )


def review(browser, project):
    return next_task(browser, project, purpose="review")


def row(opened):
    return Task.objects.get(pk=opened["task"]["id"])


def test_without_a_review_policy_submitted_work_waits_for_nobody(queue, bob, rita):
    assert row(hand_in(bob, queue)).state == "submitted"
    assert review(api_of(rita), queue)["code"] == "review.done"


def test_the_share_that_is_reviewed_is_drawn_and_stays_drawn(queue):
    ids = [Task(number=n).pk for n in range(400)]
    policy = ProjectPolicy(review_percent=30)

    first = [state_after_submit(pk, policy) for pk in ids]

    assert first == [state_after_submit(pk, policy) for pk in ids]
    assert 70 < first.count(Task.State.IN_REVIEW) < 170


def test_reviewers_get_the_longest_waiting_work_and_never_the_same(reviewed, bob, rita, mark):
    first, second = hand_in(bob, reviewed), hand_in(bob, reviewed)

    hers = review(api_of(rita), reviewed)["task_open"]
    his = review(api_of(mark), reviewed)["task_open"]

    assert (hers["task"]["id"], his["task"]["id"]) == (first["task"]["id"], second["task"]["id"])
    assert (hers["task"]["state"], hers["lock"]) == ("in_review", None)
    assert hers["task"]["reviewer"]["name"] == "Rita"
    refused = judge(api_of(mark), first, "accept")
    assert (refused.status_code, refused.json()["holder_name"]) == (409, "Rita")
    assert judge(api_of(rita), first, "accept").json()["state"] == "accepted"


def test_who_asks_again_gets_another_and_gives_the_first_back(reviewed, bob, rita, mark):
    first, second = hand_in(bob, reviewed), hand_in(bob, reviewed)
    browser = api_of(rita)

    shown = [review(browser, reviewed)["task_open"]["task"]["id"] for _ in range(2)]

    assert shown == [first["task"]["id"], second["task"]["id"]]
    assert review(api_of(mark), reviewed)["task_open"]["task"]["id"] == first["task"]["id"]


def test_nobody_reviews_their_own_work_unless_they_manage_the_project(reviewed, rita, alice):
    own = hand_in(rita, reviewed)

    answer = review(api_of(rita), reviewed)

    assert (answer["task_open"], answer["code"]) == (None, "review.own")
    assert judge(api_of(rita), own, "accept").status_code == 403
    assert review(api_of(alice), reviewed)["task_open"] is not None
    hers = hand_in(alice, reviewed)
    assert judge(api_of(alice), hers, "accept").json()["state"] == "accepted"


def test_an_annotator_is_given_nothing_to_review(reviewed, bob, vera):
    hand_in(bob, reviewed)
    address = f"/api/v1/projects/{reviewed.pk}/next"
    for person in (bob, vera):
        assert api_of(person).post(address, {"purpose": "review"}).status_code == 403


def test_returned_work_is_its_authors_first_with_the_reviewers_words(reviewed, bob, rita):
    opened = hand_in(bob, reviewed)
    reviewer = api_of(rita)
    review(reviewer, reviewed)

    assert judge(reviewer, opened, "return").status_code == 422
    judge(reviewer, opened, "return", reason="The dome is missing")

    again = next_task(api_of(bob), reviewed)["task_open"]
    assert again["task"]["id"] == opened["task"]["id"]
    assert again["task"]["returned_reason"] == "The dome is missing"
    assert again["lock"] is not None


def test_a_correction_is_drawn_by_the_reviewer_and_accepted_when_handed_in(reviewed, bob, rita):
    opened = hand_in(bob, reviewed)
    reviewer = api_of(rita)
    assert judge(reviewer, opened, "fix").json()["state"] == "in_review"
    fixing = reviewer.post(f"/api/v1/tasks/{opened['task']['id']}/open", {}).json()
    base = fixing["document"]["head_number"]

    drawn = [(0, 1, painted(1, (2, 3), (2, 4)))]
    assert save(reviewer, fixing, base, drawn, frames=keys_of(opened)).status_code == 201
    late = judge(reviewer, opened, "accept")
    assert (late.status_code, late.json()["code"]) == (409, "task.correction_begun")
    post(reviewer, fixing, "heartbeat", active_ms=60_000)
    handed = post(reviewer, fixing, "submit", base_number=base + 1, open_next=False).json()

    task = row(opened)
    assert handed["task"]["state"] == task.state == "accepted"
    assert (task.submitted_by_id, task.reviewer_id) == (bob.pk, rita.pk)
    assert task.active_ms == 0  # the reviewer's time is not the author's
    assert Document.objects.get(pk=task.document_id).state == "accepted"


def test_a_correction_that_changed_nothing_leaves_the_work_as_it_was(reviewed, bob, rita, mark):
    opened = hand_in(bob, reviewed)
    reviewer = api_of(rita)
    judge(reviewer, opened, "fix")
    fixing = reviewer.post(f"/api/v1/tasks/{opened['task']['id']}/open", {}).json()

    refused = judge(api_of(mark), opened, "accept")
    post(reviewer, fixing, "release")

    assert (refused.status_code, refused.json()["code"]) == (409, "task.in_other_hands")
    assert row(opened).state == "in_review"
    assert Document.objects.get(pk=row(opened).document_id).state == "submitted"
    assert judge(api_of(mark), opened, "accept").json()["state"] == "accepted"


def test_an_abandoned_correction_can_be_finished_by_another_reviewer(reviewed, bob, rita, mark):
    opened = hand_in(bob, reviewed)
    address = f"/api/v1/tasks/{opened['task']['id']}/open"
    judge(api_of(rita), opened, "fix")
    fixing = api_of(rita).post(address, {}).json()
    save(api_of(rita), fixing, 2, [(0, 2, painted(1, (1, 1)))], frames=keys_of(opened))
    past = timezone.now() - timedelta(hours=1)
    Task.objects.update(lease_until=past)
    Document.objects.update(lock_until=past)

    assert api_of(bob).post(address, {}).json()["lock"] is None  # the author only looks
    his = api_of(mark).post(address, {}).json()
    handed = post(api_of(mark), his, "submit", base_number=3, open_next=False)

    assert handed.json()["task"]["state"] == "accepted"
    assert row(opened).reviewer_id == mark.pk


def test_a_task_in_correction_is_neither_skipped_nor_reported(reviewed, bob, rita):
    opened = hand_in(bob, reviewed)
    judge(api_of(rita), opened, "fix")
    fixing = api_of(rita).post(f"/api/v1/tasks/{opened['task']['id']}/open", {}).json()

    assert post(api_of(rita), fixing, "skip", reason="no").status_code == 409
    assert post(api_of(rita), fixing, "heartbeat").status_code == 200  # the lock is still hers


def test_an_author_takes_work_back_while_it_waits(reviewed, bob):
    opened = hand_in(bob, reviewed)

    answer = api_of(bob).post(f"/api/v1/tasks/{opened['task']['id']}/reopen", {})

    assert answer.json()["state"] == "in_progress"


def test_home_counts_what_waits_for_ones_review(reviewed, bob, rita):
    hand_in(bob, reviewed)
    hand_in(rita, reviewed)

    counts = {
        person.name: api_of(person).get("/api/v1/home").json()["projects"][0]["review_count"]
        for person in (bob, rita)
    }

    assert counts == {"Bob": 0, "Rita": 1}


def test_several_reviewers_never_get_the_same(reviewed, bob):
    for _ in range(3):
        hand_in(bob, reviewed)
    people = [make_user(f"Reviewer{n}") for n in range(4)]
    for person in people:
        add_member(reviewed, person, "reviewer")

    answers = [review(api_of(person), reviewed) for person in people]

    given = [answer["task_open"]["task"]["id"] for answer in answers[:3]]
    assert len(set(given)) == 3
    assert answers[3]["code"] == "review.taken"
