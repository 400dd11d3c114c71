"""Any state can be had again: snapshots and deltas tell one story, and restoring is a revision."""

import json
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from backend.annotations.domain import RestoreIn
from backend.annotations.models import Revision
from backend.annotations.selectors import document_state, flat_at, labelmaps_kji, manifest_at
from backend.annotations.services import revision_restore
from tests.backend.annotations.editing import make_desk, painted
from tests.factories import add_unit, api_of, make_grid, make_project, make_user


def restore(desk, number, base_number):
    wish = RestoreIn(
        number=number, base_number=base_number, lock_token=desk.token, request_id=uuid4()
    )
    return revision_restore(actor=desk.actor, document_id=desk.document_id, wish=wish)


def save_many(desk, count):
    """Save `count` revisions, each painting one other pixel; return the expected volumes."""
    volume = np.zeros((3, 5, 7), dtype=np.uint16)
    states = [volume.copy()]
    for base in range(count):
        k, row, column = base % 3, base % 5, base % 7
        volume[k, row, column] = 1 if base % 4 else 7
        desk.save(base, [(0, k, volume[k])])
        states.append(volume.copy())
    return states


@pytest.mark.django_db
def test_every_state_of_a_long_history_is_what_it_was(desk):
    states = save_many(desk, 70)

    snapshots = Revision.objects.exclude(snapshot=None).values_list("number", flat=True)
    assert sorted(snapshots) == [32, 64]
    for number in (1, 2, 31, 32, 33, 63, 64, 65, 70):
        assert (labelmaps_kji(desk.document_id, number)[0] == states[number]).all()


@pytest.mark.django_db
def test_restoring_is_a_revision_and_the_way_there_stays(desk):
    states = save_many(desk, 40)

    saved = restore(desk, 7, 40)

    assert saved.number == 41
    assert (desk.layers()[0] == states[7]).all()
    assert (desk.layers(40)[0] == states[40]).all()
    assert Revision.objects.get(number=41).reason == "restore"


@pytest.mark.django_db
def test_restoring_to_the_very_beginning_empties_the_document(desk):
    save_many(desk, 3)

    restore(desk, 0, 3)

    assert desk.layers() == {}


@pytest.mark.django_db
def test_an_old_state_is_shown_with_its_author_and_the_head_is_named(desk):
    save_many(desk, 3)

    state = document_state(actor=desk.actor, document_id=desk.document_id, number=2)

    assert (state.number, state.head_number, state.author.name) == (2, 3, "Bob")


@pytest.mark.django_db
def test_the_history_lists_newest_first_in_pages_and_says_what_changed(desk, bob):
    save_many(desk, 101)
    browser = api_of(bob)
    address = f"/api/v1/documents/{desk.document_id}/revisions"

    first = browser.get(address).json()
    second = browser.get(address, {"cursor": first["next"]}).json()

    numbers = [row["number"] for page in (first, second) for row in page["results"]]
    assert numbers == list(range(101, 0, -1))
    assert second["next"] is None
    assert first["results"][0]["summary"] == "Change: 1 slice"
    assert [row["is_restorable"] for row in first["results"][:2]] == [False, True]


@pytest.mark.django_db
def test_a_revision_that_never_was_is_absent(desk, bob):
    save_many(desk, 2)

    answer = api_of(bob).get(f"/api/v1/documents/{desk.document_id}?number=9")

    assert answer.status_code == 404


class Histories(RuleBasedStateMachine):
    """Saves, restores and answers in any order, beside a plain list of what should be."""

    @initialize()
    def open(self):
        owner = make_user(f"Owner-{uuid4().hex[:8]}")
        grid = make_grid(rows=5, columns=7, frame_count=3)
        project = make_project(owner=owner)
        add_unit(project, grid)
        self.desk = make_desk(project, grid, owner)
        self.states = [(np.zeros((3, 5, 7), dtype=np.uint16), {})]

    def head(self):
        volume, answers = self.states[-1]
        return volume.copy(), dict(answers)

    @rule(
        k=st.integers(0, 2),
        row=st.integers(0, 4),
        column=st.integers(0, 6),
        value=st.sampled_from([0, 1, 7]),
    )
    def paint(self, k, row, column, value):
        volume, answers = self.head()
        volume[k, row, column] = value
        self.desk.save(len(self.states) - 1, [(0, k, volume[k] if volume[k].any() else None)])
        self.states.append((volume, answers))

    @rule(value=st.sampled_from(["yes", "no", None]))
    def answer(self, value):
        volume, answers = self.head()
        answers.pop("quality", None)
        if value is not None:
            answers["quality"] = value
        self.desk.save(len(self.states) - 1, answers={"quality": value})
        self.states.append((volume, answers))

    @rule(data=st.data())
    def go_back(self, data):
        number = data.draw(st.integers(0, len(self.states) - 1))
        restore(self.desk, number, len(self.states) - 1)
        volume, answers = self.states[number]
        self.states.append((volume.copy(), dict(answers)))

    @rule(data=st.data())
    def look_back(self, data):
        number = data.draw(st.integers(0, len(self.states) - 1))
        self.check(number)

    @invariant()
    def the_head_is_right(self):
        if hasattr(self, "states"):
            self.check(len(self.states) - 1)

    def check(self, number):
        volume, answers = self.states[number]
        found = labelmaps_kji(self.desk.document_id, number).get(0)
        assert (np.zeros_like(volume) if found is None else found).tolist() == volume.tolist()
        assert manifest_at(self.desk.document_id, number).answers == answers


class TestHistories(TestCase, Histories.TestCase):
    settings = settings(max_examples=15, stateful_step_count=40, deadline=None)


@pytest.mark.django_db
def test_the_last_mask_taken_away_leaves_a_flat_state_without_it(desk):
    desk.save(0, [(2, 1, painted(2, (3, 3)))])
    desk.save(1, [(2, 1, None)])

    flat, _ = flat_at(desk.document_id, 2)
    assert json.dumps(flat["masks"]) == "{}"
