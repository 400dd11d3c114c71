"""Predicted masks on the layers where the label schema wants them.

A network gives each pixel one label, so all of them come on layer 0. A segment that may overlap
others lies on a layer of its own, numbered like the segment.
"""

from collections.abc import Collection, Mapping

import numpy as np

from ml_worker.contract.masks import MaskFrames, decode_mask, encode_mask, parse_mask


def layered(frames: Mapping[tuple[int, str], bytes], overlapping: Collection[int]) -> MaskFrames:
    """Return the frames with every overlapping segment of layer 0 moved to its own layer."""
    moved: MaskFrames = {}
    for (layer, key), data in frames.items():
        present = set(parse_mask(data).count_pixels()) & set(overlapping)
        if layer != 0 or not present:
            moved[layer, key] = data
            continue
        labels = decode_mask(data)
        for segment in sorted(present):
            own = np.where(labels == segment, segment, 0)
            moved[segment, key] = encode_mask(own)
        rest = np.where(np.isin(labels, sorted(present)), 0, labels)
        if rest.any():
            moved[0, key] = encode_mask(rest)
    return moved
