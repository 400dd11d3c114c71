"""A task's life: opened, kept, handed in, judged, left aside; and who may look."""

import pytest

from backend.annotations.models import Document
from backend.annotations.services import document_create, proposal_write
from backend.core.actor import Actor
from backend.core.models import Job
from backend.projects.models import LabelSchema
from backend.worklists.models import Task
from backend.worklists.tasks import agreement
from ml_worker.contract.masks import encode_mask
from tests.backend.annotations.editing import painted
from tests.backend.worklists.test_next import keys_of
from tests.backend.worklists.working import next_task, post, save
from tests.factories import api_of

MODEL = "6f1a1a5e-3b52-4f0e-9c1e-6a5a5c1b2d3f"


def opened_by(user, queue):
    browser = api_of(user)
    return browser, next_task(browser, queue)["task_open"]


def address(opened, verb):
    return f"/api/v1/tasks/{opened['task']['id']}/{verb}"


@pytest.mark.django_db
def test_a_second_tab_is_told_and_may_take_over_and_then_the_first_is_told(queue, bob):
    browser, first = opened_by(bob, queue)

    refused = browser.post(address(first, "open"), {})
    second = browser.post(address(first, "open"), {"take_over": True}).json()
    late = save(browser, first, 0, [(0, 0, painted(1, (1, 2)))], frames=keys_of(first))

    assert refused.status_code == 409
    assert (refused.json()["code"], refused.json()["same_user"]) == ("task.open_elsewhere", True)
    assert (late.status_code, late.json()["code"]) == (409, "annotation.lock_lost")
    assert (
        save(browser, second, 0, [(0, 0, painted(1, (1, 2)))], frames=keys_of(first)).status_code
        == 201
    )


@pytest.mark.django_db
def test_a_reloaded_tab_opens_again_with_its_token(queue, bob):
    browser, first = opened_by(bob, queue)

    again = browser.post(address(first, "open"), {"lock_token": first["lock"]["token"]})

    assert again.status_code == 200
    assert post(browser, again.json(), "heartbeat").status_code == 200


@pytest.mark.django_db
def test_another_annotator_is_kept_out_and_a_reviewer_may_take_over(queue, bob, rita, mark):
    queue.memberships.filter(user=mark).update(role="annotator")
    _, first = opened_by(bob, queue)

    for body in ({}, {"take_over": True}):
        refused = api_of(mark).post(address(first, "open"), body)
        assert refused.status_code == 409
        assert (refused.json()["holder_name"], refused.json()["same_user"]) == ("Bob", False)
    assert api_of(rita).post(address(first, "open"), {}).status_code == 409
    taken = api_of(rita).post(address(first, "open"), {"take_over": True}).json()
    assert taken["task"]["holder"]["name"] == "Rita"


@pytest.mark.django_db
def test_heartbeats_add_up_and_release_gives_an_untouched_task_back(queue, bob):
    browser, opened = opened_by(bob, queue)
    for ms in (1200, 3400):
        assert post(browser, opened, "heartbeat", active_ms=ms).status_code == 200

    assert post(browser, opened, "release").status_code == 204
    assert post(browser, opened, "release").status_code == 204
    task = Task.objects.get(pk=opened["task"]["id"])
    assert (task.state, task.assignee_id, task.holder_id, task.active_ms) == (
        "todo",
        None,
        None,
        4600,
    )


@pytest.mark.django_db
def test_a_submission_names_every_rule_that_is_not_met(queue, bob):
    browser, opened = opened_by(bob, queue)
    save(browser, opened, 0, answers={"quality": None, "why_not": "dark"}, frames=[])

    refused = post(browser, opened, "submit", base_number=1)

    assert (refused.status_code, refused.json()["code"]) == (422, "task.rules_unmet")
    assert [problem["code"] for problem in refused.json()["problems"]] == [
        "segment_none",
        "answer_missing",
    ]
    assert Task.objects.get(pk=opened["task"]["id"]).state == "in_progress"


@pytest.mark.django_db
def test_submitting_opens_the_next_task_in_the_same_answer(queue, bob):
    browser, opened = opened_by(bob, queue)
    save(
        browser,
        opened,
        0,
        [(0, 1, painted(1, (2, 3)))],
        frames=keys_of(opened),
        answers={"quality": "yes"},
    )

    answer = post(browser, opened, "submit", base_number=1).json()

    assert answer["task"]["state"] == "submitted"
    assert answer["next"]["task"]["number"] == 2
    late = save(browser, opened, 2, [(0, 1, None)], frames=keys_of(opened))
    assert (late.status_code, late.json()["code"]) == (409, "annotation.revision_conflict")


@pytest.mark.django_db
def test_a_submission_sent_twice_is_one_submission(queue, bob):
    browser, opened = opened_by(bob, queue)
    save(
        browser,
        opened,
        0,
        [(0, 1, painted(1, (2, 3)))],
        frames=keys_of(opened),
        answers={"quality": "yes"},
    )

    answers = [post(browser, opened, "submit", base_number=1, open_next=False) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert Document.objects.get(pk=opened["document"]["id"]).head_number == 2


@pytest.mark.django_db
def test_a_stale_submission_is_refused_and_hands_in_nothing(queue, bob):
    browser, opened = opened_by(bob, queue)
    for base in range(2):
        save(
            browser,
            opened,
            base,
            [(0, base, painted(1, (2, 3)))],
            frames=keys_of(opened),
            answers={"quality": "yes"},
        )

    refused = post(browser, opened, "submit", base_number=1)

    assert (refused.status_code, refused.json()["head_number"]) == (409, 2)
    assert Task.objects.get(pk=opened["task"]["id"]).state == "in_progress"


@pytest.mark.django_db
def test_a_review_accepts_or_returns_and_only_a_reviewer_reviews(queue, bob, rita):
    browser, opened = opened_by(bob, queue)
    save(
        browser,
        opened,
        0,
        [(0, 1, painted(1, (2, 3)))],
        frames=keys_of(opened),
        answers={"quality": "yes"},
    )
    post(browser, opened, "submit", base_number=1, open_next=False)
    reviewer = api_of(rita)

    assert browser.post(address(opened, "review"), {"verdict": "accept"}).status_code == 403
    assert reviewer.post(address(opened, "review"), {"verdict": "return"}).status_code == 422
    accepted = reviewer.post(address(opened, "review"), {"verdict": "accept"})
    assert accepted.json()["state"] == "accepted"
    assert reviewer.post(address(opened, "review"), {"verdict": "accept"}).status_code == 409
    assert browser.post(address(opened, "reopen"), {}).status_code == 403
    assert reviewer.post(address(opened, "reopen"), {}).json()["state"] == "in_progress"
    assert Document.objects.get(pk=opened["document"]["id"]).state == "draft"


@pytest.mark.django_db
def test_skip_and_problem_keep_the_drawing_and_say_why(queue, bob):
    browser, opened = opened_by(bob, queue)
    save(browser, opened, 0, [(0, 1, painted(1, (2, 3)))], frames=keys_of(opened))
    skipped = post(browser, opened, "skip", reason="Wrong organ").json()
    _, other = opened_by(bob, queue)
    troubled = post(browser, other, "problem", text="The last slice is missing").json()

    assert (skipped["state"], skipped["skip_reason"]) == ("skipped", "Wrong organ")
    assert (troubled["state"], troubled["problem_text"]) == ("problem", "The last slice is missing")
    assert Document.objects.get(pk=opened["document"]["id"]).head_number == 1


@pytest.mark.django_db
def test_who_only_looks_opens_without_a_lock(queue, bob, vera, charlie):
    _, opened = opened_by(bob, queue)

    seen = api_of(vera).post(address(opened, "open"), {})

    assert (seen.status_code, seen.json()["lock"]) == (200, None)
    assert post(api_of(vera), opened, "heartbeat").status_code == 403
    for verb in ("open", "heartbeat", "submit", "skip", "problem", "release", "review", "reopen"):
        body = {
            "lock_token": opened["lock"]["token"],
            "base_number": 0,
            "text": "a",
            "reason": "b",
            "verdict": "accept",
        }
        assert api_of(charlie).post(address(opened, verb), body).status_code == 404
        assert api_of(None).post(address(opened, verb), body).status_code == 401


@pytest.mark.django_db
def test_a_draft_speaks_the_newest_schema_once_it_is_opened_again(queue, bob):
    browser, opened = opened_by(bob, queue)
    save(browser, opened, 0, [(0, 1, painted(7, (2, 3)))], frames=keys_of(opened))
    document = {**LabelSchema.objects.get().document}
    document["segments"] = [
        *document["segments"],
        {"id": 9, "name": "Cyst", "color": "#123456", "overlap": False},
    ]
    LabelSchema.objects.create(project=queue, number=2, document=document)
    type(queue).objects.update(schema_number=2)
    cyst = [(0, 2, painted(9, (0, 6)))]

    assert save(browser, opened, 1, cyst, frames=keys_of(opened)).status_code == 422
    again = browser.post(address(opened, "open"), {"lock_token": opened["lock"]["token"]}).json()
    assert again["schema"]["number"] == 2
    assert save(browser, again, 1, cyst, frames=keys_of(opened)).status_code == 201
    assert len(again["document"]["masks"]) == 1


@pytest.mark.django_db(transaction=True)
def test_after_a_submission_the_agreement_with_the_proposal_is_measured(queue, bob, bells):
    task = Task.objects.get(number=4)
    proposal = document_create(
        project_id=queue.pk,
        grid_id=task.unit.grid_id,
        schema_id=task.document.schema_id,
        kind="proposal",
    )
    keys = [f"{instance}.{number}" for instance, number, _ in task.unit.grid.frames]
    proposal_write(
        actor=Actor.system(),
        document_id=proposal,
        masks={(0, keys[1]): encode_mask(painted(1, (2, 3), (2, 4), (3, 3)))},
        model_version_id=MODEL,
        model_name="Liver net 3",
    )
    Task.objects.filter(pk=task.pk).update(proposal_id=proposal)
    browser, opened = opened_by(bob, queue)
    assert opened["proposal"]["author"] == {
        "kind": "model",
        "name": "Liver net 3",
        "version_id": MODEL,
    }
    save(
        browser,
        opened,
        0,
        [(0, 1, painted(1, (2, 3), (2, 4)))],
        frames=keys,
        answers={"quality": "yes"},
    )
    post(browser, opened, "submit", base_number=1, open_next=False)
    job = Job.objects.get(kind="worklists.agreement")
    assert ("worklists.agreement", (str(job.pk),), "default") in bells

    agreement(str(job.pk))

    row = Task.objects.get(pk=task.pk)
    assert row.agreement == {"1": pytest.approx(2 * 2 / (2 + 3))}
    job.refresh_from_db()
    assert job.state == "succeeded"
