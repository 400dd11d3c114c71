"""A few of the bench's planted files and pictures, so that a loss shows in every test run."""

import logging

import numpy as np
import pytest

from backend.imaging.domain.deidentify.burned_in import boxes_of
from backend.imaging.domain.deidentify.files import deidentified
from backend.imaging.domain.deidentify.policy import BASIC, RESEARCH
from backend.imaging.domain.deidentify.text_boxes import Box
from tests.bench.bench_deidentify import SECRET, person_of, planted_file
from tests.bench.planting import clean_picture, write_on


@pytest.fixture(autouse=True)
def _quiet():
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(level)


@pytest.mark.parametrize("policy", [BASIC, RESEARCH], ids=["basic", "research"])
def test_nothing_planted_in_headers_is_left(policy):
    for number in range(12):
        rng = np.random.default_rng([77, number])
        person = person_of(rng)
        file, places = planted_file(person, number, rng)
        assert places.total() > 40
        result = deidentified(file, policy, SECRET).to_bytes().lower()
        left = [
            kind
            for kind, spellings in person.words().items()
            if any(spelling in result for spelling in spellings)
        ]
        assert left == [], number


@pytest.mark.parametrize("size", [0, 12, 24])
@pytest.mark.parametrize("kind", ["ct", "mr", "us", "cr", "screen"])
def test_planted_names_are_boxed(kind, size):
    rng = np.random.default_rng([21, size])
    planted = write_on(clean_picture(kind, rng), kind, size, 0.4, rng)
    want = Box(*planted.box)
    assert sum(box.covers(want) for box in boxes_of(planted.picture)) > 0.5
