"""What labelling a unit would teach."""

import numpy as np
import pytest

from backend.inference.domain.acquisition import doubt_of, ranked_values
from ml_worker.contract.messages import Score


def score(**per_segment):
    parts = {
        int(number[1:]): {"uncertainty": u, "first_k": first, "last_k": last, "frames": ()}
        for number, (u, first, last) in per_segment.items()
    }
    return Score(
        uncertainty=0.3, foreground_fraction=0.1, per_segment=parts, per_frame={}, features=()
    )


def test_the_sentence_names_the_least_sure_segment_and_counts_slices_from_one():
    doubt = doubt_of(score(s1=(0.2, 0, 4), s2=(0.6, 11, 17)), {1: "Liver", 2: "Lesion"})
    assert doubt.sentence == "Unsure around Lesion on slices 12\u201318"
    assert (doubt.segment, doubt.first, doubt.last) == (2, 12, 18)


def test_one_slice_is_said_as_one_slice_and_nothing_found_is_said_so():
    assert doubt_of(score(s1=(0.2, 5, 5)), {1: "Liver"}).sentence.endswith("on slice 6")
    assert "found none" in doubt_of(score(), {1: "Liver"}).sentence


def test_without_features_the_less_sure_unit_comes_first():
    values = ranked_values([0.1, 0.5, 0.3], np.zeros((3, 0)), np.zeros((0, 0)))
    assert np.argsort(values)[::-1].tolist() == [1, 2, 0]


def test_a_near_copy_of_a_chosen_unit_comes_after_something_new():
    features = np.array([[0.0, 0.0], [0.01, 0.0], [9.0, 7.0], [-8.0, 6.0]])
    values = ranked_values([0.9, 0.89, 0.5, 0.45], features, np.zeros((0, 2)))
    order = np.argsort(values)[::-1].tolist()
    assert order.index(1) == 3


def test_what_looks_like_labelled_work_teaches_less():
    features = np.array([[0.0, 0.0], [9.0, 7.0]])
    values = ranked_values([0.5, 0.5], features, labelled=np.array([[0.1, 0.0]]))
    assert values[1] > values[0]


@pytest.mark.parametrize("count", [0, 1, 64, 200])
def test_values_stay_between_zero_and_one_for_any_number_of_units(count):
    random = np.random.default_rng(count)
    values = ranked_values(
        random.random(count).tolist(), random.random((count, 5)), np.zeros((0, 5))
    )
    assert len(values) == count
    assert all(0 <= value <= 1 for value in values)
