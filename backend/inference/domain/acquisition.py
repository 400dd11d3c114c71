"""What labelling a unit would teach, and the sentence that says so.

A unit is worth labelling when the model is unsure about it and when nothing like it has been
labelled or chosen yet: greedy k-center over the model's own features, weighted by uncertainty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_worker.contract.messages import Score

Vectors = NDArray[np.float64]

# Beyond this many greedy picks the order no longer matters: a new version comes before.
PICKS = 64
# How much of a value stems from being unlike the rest.
DIVERSITY_SHARE = 0.5


@dataclass(frozen=True)
class Doubt:
    """Where a model is least sure: a segment and slices, counted from 1."""

    segment: int | None
    first: int | None
    last: int | None
    sentence: str


def ranked_values(
    uncertainty: Sequence[float], features: Vectors, labelled: Vectors
) -> list[float]:
    """Return a value from 0 to 1 for each candidate, highest first to label.

    `features` are [candidate, channel], `labelled` the same of what is labelled already. Each
    pick makes its neighbours less interesting; what is not picked in the first rounds keeps the
    value it has then. Without features the uncertainty alone decides.
    """
    unsure = _unit_range(np.asarray(uncertainty, np.float64))
    count = len(unsure)
    if count == 0:
        return []
    if features.ndim != 2 or features.shape[1] == 0:
        return [float(value) for value in unsure]
    scaled, centers = _standardised(features, labelled)
    distance = _nearest(scaled, centers)
    picked = np.zeros(count, bool)
    values = np.zeros(count)
    rounds = min(PICKS, count)
    for place in range(rounds):
        gain = _gain(unsure, distance)
        gain[picked] = -np.inf
        best = int(gain.argmax())
        picked[best] = True
        values[best] = 1 - 0.5 * place / rounds
        distance = np.minimum(distance, _nearest(scaled, scaled[best : best + 1]))
    rest = ~picked
    values[rest] = 0.5 * _gain(unsure, distance)[rest]
    return [float(value) for value in values]


def doubt_of(score: Score, names: Mapping[int, str]) -> Doubt:
    """Return where the model is least sure, in words of the label schema."""
    known = {number: part for number, part in score.per_segment.items() if number in names}
    if not known:
        return Doubt(None, None, None, "The model found none of the segments here.")
    number, part = max(known.items(), key=lambda pair: (pair[1].uncertainty, -pair[0]))
    first, last = part.first_k + 1, part.last_k + 1
    where = f"slice {first}" if first == last else f"slices {first}\u2013{last}"
    return Doubt(number, first, last, f"Unsure around {names[number]} on {where}")


def _gain(unsure: Vectors, distance: Vectors) -> Vectors:
    far = _unit_range(distance)
    gain: Vectors = (1 - DIVERSITY_SHARE) * unsure + DIVERSITY_SHARE * far * (0.25 + 0.75 * unsure)
    return gain


def _unit_range(values: Vectors) -> Vectors:
    finite = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0)
    top = finite.max(initial=0.0)
    return finite / top if top > 0 else np.zeros_like(finite)


def _standardised(features: Vectors, labelled: Vectors) -> tuple[Vectors, Vectors]:
    """Scale each channel; where nothing is labelled the middle of all stands in for it."""
    spread = features.std(axis=0)
    spread[spread == 0] = 1
    mean = features.mean(axis=0)
    fits = labelled.ndim == 2 and labelled.shape[0] and labelled.shape[1] == features.shape[1]
    known = labelled if fits else mean[None]
    return (features - mean) / spread, (known - mean) / spread


def _nearest(points: Vectors, centers: Vectors) -> Vectors:
    """Return each point's distance to its nearest center."""
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ centers.T + (centers**2).sum(axis=1)
    nearest: Vectors = np.sqrt(np.maximum(squares, 0)).min(axis=1)
    return nearest
