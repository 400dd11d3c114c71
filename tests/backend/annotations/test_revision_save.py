"""Saving: what one writer stores, and what several at once do to one another."""

from uuid import uuid4

import numpy as np
import pytest

from backend.accounts.models import User
from backend.annotations.domain import RevisionIn
from backend.annotations.models import Document, MaskBlob, Revision
from backend.annotations.services import LockLost, RequestReused, RevisionConflict, lock_take
from backend.annotations.services.changes import ChangeInvalid
from backend.audit.models import AuditEvent
from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from tests.backend.annotations.editing import painted, run_in_threads
from tests.factories import api_of


@pytest.mark.django_db
def test_a_save_carries_only_what_changed_and_the_rest_stays(desk):
    desk.save(0, [(0, 0, painted(1, (2, 3))), (0, 2, painted(7, (4, 6)))])

    saved = desk.save(1, [(0, 2, painted(1, (0, 5)))])

    assert saved.number == 2
    expected = np.stack([painted(1, (2, 3)), painted(0), painted(1, (0, 5))])
    assert (desk.layers()[0] == expected).all()
    assert Revision.objects.get(number=2).delta["masks"].keys() == {f"0:{desk.keys[2]}"}


@pytest.mark.django_db
def test_an_emptied_frame_has_no_mask_any_more(desk):
    desk.save(0, [(0, 0, painted(1, (2, 3))), (0, 1, painted(1, (1, 1)))])

    desk.save(1, [(0, 0, None), (0, 1, painted(0))])

    assert desk.layers() == {}


@pytest.mark.django_db
def test_a_save_leaves_an_audit_event_with_its_number(desk):
    desk.save(0, [(0, 0, painted(1, (2, 3)))])

    event = AuditEvent.objects.get(verb="annotation.revision_saved")
    assert (event.target_id, event.actor_id, event.details) == (
        str(desk.document_id),
        desk.actor.user_id,
        {"number": 1},
    )


@pytest.mark.django_db(transaction=True)
def test_of_concurrent_writers_exactly_one_wins(desk):
    outcomes = []

    def write(n):
        try:
            outcomes.append(desk.save(0, [(0, 0, painted(1, (0, n % 7)))]).number)
        except RevisionConflict as conflict:
            outcomes.append(f"head {conflict.extra['head_number']}")

    run_in_threads(write, count=8)

    assert sorted(map(str, outcomes)) == ["1"] + ["head 1"] * 7
    assert Revision.objects.count() == 1
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_request_sent_eight_times_at_once_is_saved_once(desk):
    change = RevisionIn.model_validate(desk.body(0, [(0, 1, painted(7, (3, 2)))]))
    answers = []

    run_in_threads(lambda _: answers.append(desk.send(change)), count=8)

    assert {(answer.number, answer.saved_at) for answer in answers} == {
        (1, Revision.objects.get().created_at)
    }
    assert sum(answer.is_new for answer in answers) == 1


@pytest.mark.django_db
def test_repeating_a_request_returns_its_first_answer_even_after_later_saves(desk):
    change = RevisionIn.model_validate(desk.body(0, [(0, 1, painted(7, (3, 2)))]))
    first = desk.send(change)
    desk.save(1, [(0, 1, painted(7, (3, 3)))])

    again = desk.send(change)

    assert (again.number, again.saved_at, again.is_new) == (1, first.saved_at, False)
    assert Revision.objects.count() == 2


@pytest.mark.django_db
def test_a_request_id_cannot_be_used_for_another_change(desk):
    change = RevisionIn.model_validate(desk.body(0, [(0, 1, painted(7, (3, 2)))]))
    desk.send(change)
    other = desk.body(1, [(0, 1, painted(7, (4, 4)))], request_id=str(change.request_id))

    with pytest.raises(RequestReused):
        desk.send(RevisionIn.model_validate(other))

    assert Revision.objects.count() == 1


@pytest.mark.django_db
def test_a_stale_base_learns_the_head(desk):
    for base in range(3):
        desk.save(base, [(0, base, painted(1, (base, 1)))])

    with pytest.raises(RevisionConflict) as refused:
        desk.save(1, [(0, 0, painted(7, (4, 4)))])

    assert refused.value.extra["head_number"] == 3


@pytest.mark.django_db
def test_who_lost_the_lock_learns_who_has_it(desk, rita):
    lock_take(document_id=desk.document_id, user_id=rita.pk, seconds=60, take_over=True)

    with pytest.raises(LockLost) as refused:
        desk.save(0, [(0, 0, painted(1, (2, 3)))])

    assert refused.value.extra["holder_name"] == "Rita"


@pytest.mark.django_db
def test_the_token_of_one_person_is_of_no_use_to_another(desk, rita):
    desk.actor = Actor(user_id=rita.pk)

    with pytest.raises((LockLost, RevisionConflict)):
        desk.save(0, [(0, 0, painted(1, (2, 3)))])

    assert Revision.objects.count() == 0


@pytest.mark.django_db
def test_a_submitted_document_takes_no_more_revisions(desk):
    Document.objects.update(state="submitted")

    with pytest.raises(RevisionConflict, match="submitted"):
        desk.save(0, [(0, 0, painted(1, (2, 3)))])


@pytest.mark.django_db
def test_a_change_of_nothing_is_no_revision(desk):
    desk.save(0, [(0, 0, painted(1, (2, 3)))])

    assert desk.save(1).number == 1
    assert Revision.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "refusal"), [("charlie", NotFound), ("vera", Forbidden), ("dora", Forbidden)]
)
def test_who_may_not_label_saves_nothing(desk, request, role, refusal):
    user = request.getfixturevalue(role)
    lock = lock_take(document_id=desk.document_id, user_id=user.pk, seconds=60, take_over=True)
    desk.actor, desk.token = Actor(user_id=user.pk), lock.token

    with pytest.raises(refusal):
        desk.save(0, [(0, 0, painted(1, (2, 3)))])

    assert Revision.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("masks", "sentence"),
    [
        ([(0, 0, painted(2, (1, 1)))], "Layer 0 cannot hold segment 2"),
        ([(2, 0, painted(1, (1, 1)))], "Layer 2 cannot hold segment 1"),
        ([(7, 0, painted(7, (1, 1)))], "no layer 7"),
        ([(0, 0, painted(3, (1, 1)))], "Layer 0 cannot hold segment 3"),
        ([(0, 0, painted(1, (1, 1), shape=(7, 5)))], "7 x 5 pixels, its frame 5 x 7"),
        ([(0, 0, painted(1, (1, 1))), (0, 0, painted(1, (1, 2)))], "twice"),
    ],
)
def test_a_mask_that_its_frame_or_schema_cannot_hold_is_refused(desk, masks, sentence):
    with pytest.raises(ChangeInvalid, match=sentence):
        desk.save(0, masks)

    assert Revision.objects.count() == MaskBlob.objects.count() == 0


@pytest.mark.django_db
def test_a_frame_of_another_image_is_refused(desk):
    body = desk.body(0, [(0, 0, painted(1, (1, 1)))])
    body["masks"][0]["frame"] = "999999.1"

    with pytest.raises(ChangeInvalid, match=r"999999\.1"):
        desk.send(RevisionIn.model_validate(body))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "sentence"), [("AAAA", "truncated"), ("not base64!", "base64"), ("BQAHAAEA", "")]
)
def test_bytes_that_are_no_canonical_mask_are_refused(desk, data, sentence):
    body = desk.body(0, [(0, 0, painted(1, (1, 1)))])
    body["masks"][0]["data"] = data

    with pytest.raises(ChangeInvalid, match=sentence):
        desk.send(RevisionIn.model_validate(body))


@pytest.mark.django_db
def test_shapes_and_answers_are_kept_and_taken_away(desk):
    point = {
        "id": str(uuid4()),
        "shape_id": "tip",
        "kind": "point",
        "frame": desk.keys[1],
        "points_mm_lps": [[-10.5, 13.7, 20.0]],
        "attributes": {},
    }
    desk.save(0, objects=[{"id": point["id"], "value": point}], answers={"quality": "yes"})
    browser = api_of_actor(desk)
    state = browser.get(f"/api/v1/documents/{desk.document_id}").json()
    assert state["objects"] == [point]
    assert state["answers"] == {"quality": "yes"}

    desk.save(1, objects=[{"id": point["id"], "value": None}], answers={"quality": None})

    state = browser.get(f"/api/v1/documents/{desk.document_id}").json()
    assert (state["objects"], state["answers"], state["head_number"]) == ([], {}, 2)


def api_of_actor(desk):
    return api_of(User.objects.get(pk=desk.actor.user_id))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answers", [{"quality": "perhaps"}, {"colour": "red"}, {"why_not": 3}, {"why_not": ["a"]}]
)
def test_an_answer_its_question_does_not_allow_is_refused(desk, answers):
    with pytest.raises(ChangeInvalid):
        desk.save(0, answers=answers)


@pytest.mark.django_db
def test_the_door_answers_201_then_200_then_409_with_the_head(desk):
    browser = api_of_actor(desk)
    address = f"/api/v1/documents/{desk.document_id}/revisions"
    body = desk.body(0, [(0, 0, painted(1, (2, 3)))])

    first, again = browser.post(address, body), browser.post(address, body)
    stale = browser.post(address, desk.body(0, [(0, 0, painted(1, (2, 4)))]))

    assert (first.status_code, again.status_code, stale.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert (stale.json()["code"], stale.json()["head_number"]) == (
        "annotation.revision_conflict",
        1,
    )


@pytest.mark.django_db
def test_a_stranger_and_a_malformed_body_get_problem_documents(desk, charlie):
    address = f"/api/v1/documents/{desk.document_id}/revisions"
    body = desk.body(0, [(0, 0, painted(1, (2, 3)))])

    assert api_of(charlie).post(address, body).status_code == 404
    assert api_of(None).post(address, body).status_code == 401
    broken = api_of_actor(desk).post(address, {"masks": "all of them"})
    assert (broken.status_code, broken.json()["code"]) == (422, "request.invalid")
