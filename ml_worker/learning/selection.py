"""In which order to ask for labels (numpy only): unsure and unlike what was asked before."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# A case counts as showing something when this share of its voxels is predicted foreground.
FOREGROUND_SHARE = 0.001


def batch_order(uncertainty: Numbers, features: Numbers) -> list[int]:
    """Order cases by uncertainty [n] times distance to all chosen before, in features [n, d].

    Greedy k-centre: the most uncertain comes first, then whichever has the largest product.
    """
    count = len(uncertainty)
    if count == 0:
        return []
    doubt = np.maximum(np.asarray(uncertainty, dtype=np.float64), 1e-9)
    scaled = _standardise(np.asarray(features, dtype=np.float64).reshape(count, -1))
    order = [int(doubt.argmax())]
    nearest = _distances(scaled, order[0])
    open_ = np.ones(count, dtype=np.bool_)
    open_[order[0]] = False
    while len(order) < count:
        gain = np.where(open_, doubt * (nearest + 1e-9), -1.0)
        chosen = int(gain.argmax())
        order.append(chosen)
        open_[chosen] = False
        nearest = np.minimum(nearest, _distances(scaled, chosen))
    return order


def random_order(foreground_fraction: Numbers, rng: np.random.Generator) -> list[int]:
    """Order cases at random, those that show something first: the honest baseline."""
    drawn = rng.permutation(len(foreground_fraction))
    shows = np.asarray(foreground_fraction)[drawn] >= FOREGROUND_SHARE
    return [int(n) for n in np.concatenate((drawn[shows], drawn[~shows]))]


def _standardise(features: Numbers) -> Numbers:
    spread = features.std(axis=0)
    scaled: Numbers = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled


def _distances(features: Numbers, chosen: int) -> Numbers:
    distances: Numbers = np.linalg.norm(features - features[chosen], axis=1)
    return distances
