"""When the work will be done, from what was done each day so far."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 500
SEED = 20261122
FEWEST_DAYS = 2
HORIZON_DAYS = 3650


@dataclass(frozen=True)
class Forecast:
    """Whole days from today: the expected one and the bounds of the middle 80 %."""

    days: int
    low: int
    high: int


def forecast(*, remaining: int, per_day: Sequence[int]) -> Forecast | None:
    """Return when `remaining` tasks are done at the pace of `per_day`, idle days included.

    The interval comes from resampling the days: a steady week gives a narrow one. None where
    there is no pace to speak of.
    """
    counts = np.asarray(per_day, dtype=np.float64)
    if counts.size < FEWEST_DAYS or counts.sum() == 0:
        return None
    chance = np.random.default_rng(SEED)
    rates = chance.choice(counts, size=(RESAMPLES, counts.size)).mean(axis=1)
    slow, fast = np.quantile(rates, [0.1, 0.9])
    return Forecast(
        days=_days(remaining, float(counts.mean())),
        low=_days(remaining, float(fast)),
        high=_days(remaining, float(slow)),
    )


def _days(remaining: int, rate: float) -> int:
    return HORIZON_DAYS if rate <= 0 else min(math.ceil(remaining / rate), HORIZON_DAYS)
