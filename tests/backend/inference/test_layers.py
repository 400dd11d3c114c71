"""What a network paints lies on the layers where the schema wants it."""

import numpy as np

from backend.inference.domain.layers import layered
from ml_worker.contract.masks import decode_mask, encode_mask


def test_a_segment_that_may_overlap_moves_to_its_own_layer_and_the_rest_stays():
    labels = np.array([[0, 1, 1, 9], [3, 9, 9, 0]], np.uint16)
    plain = np.array([[0, 1, 0, 0], [3, 3, 0, 0]], np.uint16)
    alone = np.array([[9, 9, 0, 0], [0, 0, 0, 9]], np.uint16)
    frames = {
        (0, "4.1"): encode_mask(labels),
        (0, "5.1"): encode_mask(plain),
        (0, "6.1"): encode_mask(alone),
    }

    moved = {place: decode_mask(data).tolist() for place, data in layered(frames, {9}).items()}

    assert moved == {
        (0, "4.1"): [[0, 1, 1, 0], [3, 0, 0, 0]],
        (9, "4.1"): [[0, 0, 0, 9], [0, 9, 9, 0]],
        (0, "5.1"): plain.tolist(),
        (9, "6.1"): alone.tolist(),
    }
