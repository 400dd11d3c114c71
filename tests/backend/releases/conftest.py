"""A project of phantoms with finished work."""

import pytest

from tests.backend.releases.world import PHANTOM_SCHEMA
from tests.factories import make_project


@pytest.fixture
def phantoms(alice, mark, rita, bob, dora, vera):
    """Alice's project with the phantoms' schema and one person of each role."""
    people = {
        "manager": mark,
        "reviewer": rita,
        "annotator": bob,
        "data_scientist": dora,
        "viewer": vera,
    }
    return make_project(owner=alice, members=people, schema=PHANTOM_SCHEMA, name="Phantoms")
