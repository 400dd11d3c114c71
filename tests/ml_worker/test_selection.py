"""Scores and the order of asking."""

import numpy as np
import pytest

from ml_worker.learning.evaluation import bootstrap, dice, dice_per_segment
from ml_worker.learning.scores import doubt_of
from ml_worker.learning.selection import batch_order, random_order


def a_box(depth: int, probability: dict[int, float]) -> np.ndarray:
    volume = np.zeros((1, depth, 20, 24), dtype=np.float16)
    for k, p in probability.items():
        volume[0, k, 4:14, 6:18] = p
    return volume


def test_doubt_names_the_segment_and_the_slices_where_it_lies():
    volume = a_box(9, {1: 0.99, 2: 0.99, 4: 0.7, 5: 0.65, 6: 0.66, 7: 0.99})
    doubt = doubt_of(volume, [7], flip_k=False)
    assert (doubt.per_segment[7].first_k, doubt.per_segment[7].last_k) == (4, 6)
    assert doubt.per_slice[5] > doubt.per_slice[1] > doubt.per_slice[0] == 0
    backwards = doubt_of(volume, [7], flip_k=True)
    assert (backwards.per_segment[7].first_k, backwards.per_segment[7].last_k) == (2, 4)


def test_an_unsure_volume_scores_higher_than_a_sure_one_of_any_size():
    sure = doubt_of(a_box(6, dict.fromkeys(range(6), 0.98)), [1], flip_k=False)
    unsure = doubt_of(a_box(6, {2: 0.6}), [1], flip_k=False)
    assert 0 <= sure.uncertainty < unsure.uncertainty <= 1
    assert sure.foreground_fraction > unsure.foreground_fraction > 0


def test_a_volume_without_findings_speaks_by_its_most_doubtful_voxels():
    quiet = doubt_of(a_box(3, {}), [1], flip_k=False)
    hint = doubt_of(a_box(3, {1: 0.4}), [1], flip_k=False)
    assert quiet.per_segment == hint.per_segment == {}
    assert quiet.uncertainty < hint.uncertainty


def test_the_most_unsure_comes_first_and_its_twin_comes_last():
    uncertainty = np.array([0.9, 0.89, 0.5, 0.45])
    features = np.array([[0.0, 0.0], [0.01, 0.0], [5.0, 0.0], [0.0, 5.0]])
    order = batch_order(uncertainty, features)
    assert order[0] == 0
    assert order[-1] == 1
    assert sorted(order) == [0, 1, 2, 3]


def test_equal_cases_and_no_cases_are_ordered_too():
    assert sorted(batch_order(np.zeros(3), np.ones((3, 2)))) == [0, 1, 2]
    assert batch_order(np.zeros(0), np.zeros((0, 2))) == []


def test_the_random_baseline_shows_something_first_and_differs_by_seed():
    fractions = np.array([0.0, 0.2, 0.0, 0.1, 0.3, 0.05])
    order = random_order(fractions, np.random.default_rng(3))
    assert sorted(order[:4]) == [1, 3, 4, 5]
    others = {tuple(random_order(fractions, np.random.default_rng(seed))) for seed in range(8)}
    assert len(others) > 1


def test_dice_leaves_out_what_neither_shows():
    ours = {0: np.array([[[1, 1, 0, 0]]], dtype=np.uint16)}
    theirs = {0: np.array([[[1, 0, 0, 2]]], dtype=np.uint16)}
    assert dice_per_segment(ours, theirs, [1, 2, 3]) == {1: pytest.approx(2 / 3), 2: 0.0}
    assert dice(np.zeros(3, bool), np.zeros(3, bool)) is None


def test_the_interval_holds_the_mean_and_closes_on_equal_values():
    wide = bootstrap([0.2, 0.8, 0.9])
    assert wide.low < wide.mean < wide.high
    assert wide.n == 3
    same = bootstrap([0.7, 0.7])
    assert same.low == same.high == pytest.approx(0.7)
