"""Exclusive segments compete, overlapping ones do not."""

import numpy as np
import torch

from ml_worker.geometry.orientation import NO_TURN
from ml_worker.learning.cases import View
from ml_worker.learning.prediction import keep_largest_pieces, paint
from ml_worker.learning.segments import SegmentationLoss, Segments, rarity_weights


def test_exclusive_segments_share_one_whole_with_the_background_and_others_stand_alone():
    segments = Segments(ids=(4, 9, 2), overlap_ids=(9,))
    logits = torch.tensor([2.0, 3.0, 1.0]).view(1, 3, 1, 1)
    a, overlapping, b = segments.probability(logits).flatten().tolist()
    whole = np.exp(2.0) + np.exp(1.0) + 1
    np.testing.assert_allclose([a, b], [np.exp(2.0) / whole, np.exp(1.0) / whole], rtol=1e-5)
    np.testing.assert_allclose(overlapping, 1 / (1 + np.exp(-3.0)), rtol=1e-5)


def test_the_loss_falls_towards_the_truth_for_both_kinds():
    segments = Segments(ids=(1, 2), overlap_ids=(2,))
    loss = SegmentationLoss(segments, torch.tensor([3.0, 5.0]))
    target = torch.zeros(1, 2, 4, 4)
    target[0, 0, :2], target[0, 1, 1:3] = 1, 1
    right, wrong = target * 8 - 4, 4 - target * 8
    assert loss(right, target) < 0.2 < loss(torch.zeros(1, 2, 4, 4), target) < loss(wrong, target)


def test_rare_segments_count_more_within_bounds():
    layers = np.zeros((1, 1, 100, 100), dtype=np.uint16)
    layers[0, 0, :50], layers[0, 0, 60, :40], layers[0, 0, 70, 0] = 1, 2, 3
    common, rare, rarest = rarity_weights([layers], [1, 2, 3]).tolist()
    assert common == 1
    assert 1 < rare < rarest == 10


def test_painting_decides_between_segments_and_keeps_overlaps_in_their_layer():
    view = View(NO_TURN, (1, 4, 6), (4, 6))
    probability = np.zeros((3, 1, 4, 6), dtype=np.float16)
    probability[0, 0, :, 0:3] = 0.5
    probability[1, 0, :, 2:5] = 0.9
    probability[0, 0, :, 2] = 0.05
    probability[0, 0, 3, 0] = 0.3
    probability[2, 0, 1] = 0.8
    painted = paint(probability, view, Segments(ids=(5, 300, 8), overlap_ids=(8,)))
    assert painted[0][0, 0].tolist() == [0, 0, 300, 300, 300, 0]
    assert painted[8][0].any(axis=1).tolist() == [False, True, False, False]
    probability[0, 0, 0, 0] = 0.6
    assert paint(probability, view, Segments((5, 300, 8), (8,)))[0][0, 0, 0] == 5


def test_pieces_beyond_the_number_seen_in_training_are_silenced():
    probability = np.zeros((2, 1, 3, 12), dtype=np.float16)
    probability[:, 0, :, 0:5] = 0.9
    probability[:, 0, 1, 7:9] = 0.9
    probability[:, 0, 1, 11] = 0.9
    kept = keep_largest_pieces(probability, (2, 0))
    assert kept[0, 0, 1].astype(bool).tolist() == [1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0]
    np.testing.assert_array_equal(kept[1], probability[1])
