"""Documents as wholes: locks, proposals, submissions, and how honest they are."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from backend.annotations.models import Document, MaskBlob, Revision
from backend.annotations.selectors import manifest_at
from backend.annotations.services import (
    LockHeld,
    RevisionConflict,
    RulesUnmet,
    document_accept,
    document_create,
    document_reopen,
    document_submit,
    lock_extend,
    lock_release,
    lock_take,
    proposal_write,
)
from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid
from ml_worker.contract.masks import encode_mask
from tests.backend.annotations.editing import painted, run_in_threads

MODEL = UUID("6f1a1a5e-3b52-4f0e-9c1e-6a5a5c1b2d3f")


def propose(desk, masks):
    """Write a proposal for the desk's image: [(layer, k, labels)]."""
    document = Document.objects.get(pk=desk.document_id)
    proposal = document_create(
        project_id=document.project_id,
        grid_id=document.grid_id,
        schema_id=document.schema_id,
        kind="proposal",
    )
    frames = {(layer, desk.keys[k]): encode_mask(labels) for layer, k, labels in masks}
    proposal_write(actor=Actor.system(), document_id=proposal, masks=frames, model_version_id=MODEL)
    return proposal


def accept_edit(*segments):
    return {
        "tool": "accept_proposal",
        "segments": list(segments),
        "origin": "proposal",
        "model_version_id": str(MODEL),
    }


def submit(desk, base_number):
    return document_submit(
        actor=desk.actor,
        document_id=desk.document_id,
        lock_token=desk.token,
        base_number=base_number,
    )


def methods(desk, number):
    segments = manifest_at(desk.document_id, number).provenance["segments"]
    return {int(name): origin["method"] for name, origin in segments.items()}


@pytest.mark.django_db(transaction=True)
def test_of_eight_tabs_that_open_at_once_exactly_one_gets_the_lock(desk, bob):
    lock_release(document_id=desk.document_id, lock_token=desk.token)
    outcomes = []

    def take(_):
        try:
            lock_take(document_id=desk.document_id, user_id=bob.pk, seconds=60)
            outcomes.append("open")
        except LockHeld as held:
            outcomes.append(held.extra["holder_name"])

    run_in_threads(take, count=8)

    assert sorted(outcomes) == ["Bob"] * 7 + ["open"]


@pytest.mark.django_db
def test_a_lock_is_free_again_when_its_lease_ends_or_it_is_given_back(desk, rita):
    Document.objects.update(lock_until=timezone.now() - timedelta(seconds=1))
    taken = lock_take(document_id=desk.document_id, user_id=rita.pk, seconds=60)

    assert lock_extend(document_id=desk.document_id, lock_token=desk.token, seconds=60) is None
    assert not lock_release(document_id=desk.document_id, lock_token=desk.token)
    assert lock_release(document_id=desk.document_id, lock_token=taken.token)
    assert lock_take(document_id=desk.document_id, user_id=rita.pk, seconds=60)


@pytest.mark.django_db
def test_a_proposal_is_one_revision_however_often_it_is_written(desk):
    labels = painted(1, (2, 3), (2, 4))
    proposal = propose(desk, [(0, 1, labels), (0, 2, painted(0))])
    number = proposal_write(
        actor=Actor.system(),
        document_id=proposal,
        masks={(0, desk.keys[1]): encode_mask(labels)},
        model_version_id=MODEL,
    )

    assert number == 1
    assert manifest_at(proposal).masks.keys() == {0}
    assert Revision.objects.get(document_id=proposal).reason == "prediction"
    assert MaskBlob.objects.count() == 1


@pytest.mark.django_db
def test_a_proposal_for_a_foreign_frame_or_segment_is_refused(desk):
    with pytest.raises(Invalid):
        propose(desk, [(0, 1, painted(6, (2, 3)))])
    desk.keys[1] = "424242.1"
    with pytest.raises(Invalid, match=r"424242\.1"):
        propose(desk, [(0, 1, painted(1, (2, 3)))])


@pytest.mark.django_db
def test_an_accepted_proposal_that_nobody_touched_is_automatic(desk):
    labels = painted(1, (2, 3), (2, 4))
    propose(desk, [(0, 1, labels)])
    desk.save(0, [(0, 1, labels)], edits=[accept_edit(1)], answers={"quality": "yes"})

    assert methods(desk, submit(desk, 1)) == {1: "automatic"}


@pytest.mark.django_db
def test_a_segment_called_automatic_that_differs_from_the_proposal_is_not(desk):
    propose(desk, [(0, 1, painted(1, (2, 3), (2, 4)))])
    desk.save(0, [(0, 1, painted(1, (2, 3)))], edits=[accept_edit(1)], answers={"quality": "yes"})

    assert methods(desk, 1) == {1: "automatic"}
    assert methods(desk, submit(desk, 1)) == {1: "semiautomatic"}


@pytest.mark.django_db
def test_a_touch_after_the_proposal_makes_that_segment_semiautomatic_and_no_other(desk):
    both = painted(1, (2, 3)) + painted(7, (4, 4))
    propose(desk, [(0, 1, both)])
    desk.save(0, [(0, 1, both)], edits=[accept_edit(1, 7)], answers={"quality": "yes"})
    brush = {"tool": "brush", "segments": [1], "frames": [desk.keys[1]], "origin": "manual"}
    desk.save(1, [(0, 1, both + painted(1, (0, 0)))], edits=[brush])

    assert methods(desk, submit(desk, 2)) == {1: "semiautomatic", 7: "automatic"}


@pytest.mark.django_db
def test_a_mask_without_an_edit_counts_as_made_by_hand(desk):
    labels = painted(1, (2, 3))
    propose(desk, [(0, 1, labels)])
    desk.save(0, [(0, 1, labels)], edits=[accept_edit(1)])
    desk.save(1, [(0, 1, None)])

    assert methods(desk, 2) == {1: "semiautomatic"}


@pytest.mark.django_db
def test_a_submission_needs_what_the_schema_asks_for(desk):
    desk.save(0, [(0, 0, painted(1, (2, 3)))])

    with pytest.raises(RulesUnmet, match="usable"):
        submit(desk, 1)

    assert Document.objects.get(pk=desk.document_id).state == "draft"


@pytest.mark.django_db
def test_a_submission_of_a_state_nobody_has_seen_is_refused(desk):
    for base in range(2):
        desk.save(base, [(0, base, painted(1, (2, 3)))], answers={"quality": "yes"})

    with pytest.raises(RevisionConflict) as refused:
        submit(desk, 1)

    assert refused.value.extra["head_number"] == 2


@pytest.mark.django_db
def test_closed_work_is_accepted_once_and_can_be_opened_again(desk, rita):
    desk.save(0, [(0, 0, painted(1, (2, 3)))], answers={"quality": "yes"})
    submit(desk, 1)
    reviewer = Actor(user_id=rita.pk)

    document_accept(actor=reviewer, document_id=desk.document_id)
    with pytest.raises(Conflict, match="accepted"):
        document_accept(actor=reviewer, document_id=desk.document_id)
    document_reopen(actor=reviewer, document_id=desk.document_id)

    assert Document.objects.get(pk=desk.document_id).state == "draft"
