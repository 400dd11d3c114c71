"""Whose fault it is: the request's, or Limn's own."""

import pytest

from backend.projects.models import Project
from tests.factories import api_of

pytestmark = pytest.mark.django_db


def test_a_request_that_says_nonsense_is_told_so(alice, project):
    answer = api_of(alice).post("/api/v1/projects", {"name": 7})

    assert answer.status_code == 422
    assert answer.json()["code"] == "request.invalid"


def test_data_of_limns_own_that_is_not_as_it_must_be_is_not_blamed_on_the_request(alice, project):
    Project.objects.update(policy={"lease_minutes": "never"})

    answer = api_of(alice).get(f"/api/v1/projects/{project.pk}")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "lease_minutes" not in answer.content.decode()
