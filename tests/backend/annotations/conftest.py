"""A document that Bob has open, and how he saves on it."""

import pytest

from tests.backend.annotations.editing import Desk, make_desk
from tests.factories import add_unit, make_grid


@pytest.fixture
def desk(project, bob) -> Desk:
    grid = make_grid(rows=5, columns=7, frame_count=3)
    add_unit(project, grid)
    return make_desk(project, grid, bob)
