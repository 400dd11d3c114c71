"""The small SAM that ships: it is the file that its page describes, and a click finds an organ."""

import hashlib
import re

import numpy as np
import pytest

from ml_worker.learning.prompt_cohort import measure_cohort, table
from ml_worker.models.sam import load_sam
from tests.ml_worker.samples import TINY_SAM

PAGE = TINY_SAM.parent / "README.md"
# Below what its page says, above what an untrained network or a guess of the place gives.
ONE_CLICK_ON_THE_LIVER = 0.35
BOX_ROUND_THE_LIVER = 0.5


def test_the_page_names_the_file_that_ships():
    sha256 = hashlib.sha256(TINY_SAM.read_bytes()).hexdigest()
    assert re.findall(r"\b[0-9a-f]{64}\b", PAGE.read_text()) == [sha256]


@pytest.mark.timeout(600)
def test_one_click_in_the_liver_of_a_patient_it_never_saw_finds_the_liver():
    sam = load_sam(TINY_SAM.read_bytes(), architecture=None, preprocessing="sam")

    reached = measure_cohort(sam, patients=[1])

    assert np.mean(reached["CT", "Liver", "one click"]) > ONE_CLICK_ON_THE_LIVER
    assert np.mean(reached["CT", "Liver", "box"]) > BOX_ROUND_THE_LIVER
    assert "| CT | Liver | " in table(reached)
