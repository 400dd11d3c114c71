"""Splits are drawn by patient and never depend on the order of anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from backend.releases.domain import SplitSpec, canonical, split_by_seed, split_held_out

patients = st.sets(st.uuids().map(str), min_size=1, max_size=60)


@given(patients, st.integers(0, 99))
def test_every_patient_gets_exactly_one_split_whatever_the_order(people, seed):
    spec = SplitSpec(train=0.6, validation=0.1, test=0.3, seed=seed)
    forwards = split_by_seed(sorted(people), spec)
    backwards = split_by_seed(sorted(people, reverse=True), spec)
    assert forwards == backwards
    assert forwards.keys() == people


def test_counts_follow_the_weights_and_the_seed_shuffles():
    people = [f"patient-{n}" for n in range(20)]
    spec = SplitSpec(train=70, validation=10, test=20, seed=4)
    drawn = split_by_seed(people, spec)
    counts = [list(drawn.values()).count(split) for split in ("train", "validation", "test")]
    assert counts == [14, 2, 4]
    assert drawn != split_by_seed(people, spec.model_copy(update={"seed": 5}))


def test_a_split_with_a_share_is_not_left_empty_while_there_are_patients():
    drawn = split_by_seed(["a", "b", "c"], SplitSpec(train=0.98, validation=0.01, test=0.01))
    assert sorted(drawn.values()) == ["test", "train", "validation"]


def test_shares_of_nothing_are_refused():
    with pytest.raises(ValidationError, match="at least one split"):
        SplitSpec(train=0, validation=0, test=0)


@given(patients, st.uuids().map(str))
def test_who_is_held_out_stays_held_out_when_others_join(people, newcomer):
    before = split_held_out(people, project="p")
    after = split_held_out(people | {newcomer}, project="p")
    if len(people) >= 8 and newcomer not in people:
        moved = {who for who in people if (before[who] == "test") != (after[who] == "test")}
        assert len(moved) <= 1


@given(patients)
def test_training_always_has_somebody_to_learn_from(people):
    drawn = list(split_held_out(people, project="p").values())
    if len(people) > 1:
        assert drawn.count("test") >= 1
        assert drawn.count("train") >= 1
        assert drawn.count("test") <= max(1, 0.4 * len(people))
    if len(people) > 2:
        assert drawn.count("validation") >= 1


def test_canonical_json_is_the_same_for_the_same_value():
    assert canonical({"b": 1.50, "a": ["ü", None]}) == '{"a":["ü",null],"b":1.5}'
