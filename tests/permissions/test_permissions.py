"""The permission table: every route, asked by everybody (fixtures/permissions.csv).

Each request is made in a transaction that is undone, so that all meet the same world.
"""

import csv
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from tests.factories import Api, api_of
from tests.permissions.requests import request_for
from tests.permissions.routes import routes
from tests.permissions.world import ROLES, make_world

TABLE = Path(__file__).resolve().parents[2] / "fixtures" / "permissions.csv"
REFUSALS = {401, 403, 404}


def rows():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def browser_of(role, world):
    if role == "worker":
        return Api(headers={"Authorization": f"Worker {settings.LIMN_WORKER_TOKEN}"})
    return api_of(world.people.get(role))


def ask(role, method, route, world):
    """Return the status that `role` gets, and leave the world as it was."""
    sent = request_for(method, route, world)
    path = "/" + route.format(**world.ids)
    with transaction.atomic():
        browser = browser_of(role, world)
        browser.raise_request_exception = False
        call = getattr(browser, method.lower())
        if method in {"GET", "HEAD", "DELETE"}:
            answer = call(path)
        else:
            answer = call(path, sent.body, content_type=sent.content_type, headers=sent.headers)
        if getattr(answer, "streaming", False):
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer.status_code


def test_every_route_has_exactly_one_row_and_every_row_a_route():
    named = [(row["method"], row["route"]) for row in rows()]

    assert len(routes()) > 40
    assert len(named) == len(set(named))
    assert sorted(set(routes()) - set(named)) == [], "routes without a row"
    assert sorted(set(named) - set(routes())) == [], "rows without a route"


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_each_route_answers_each_role_as_the_table_says(role, own_store):
    world = make_world(own_store / "in")
    known = set(routes())
    asked = [row for row in rows() if (row["method"], row["route"]) in known]

    assert len(asked) > 40
    wrong = [
        f"{row['method']} {row['route']}: the table says {row[role]}, the answer was {status}"
        for row in asked
        if (status := ask(role, row["method"], row["route"], world)) != int(row[role])
    ]
    assert wrong == []


def test_the_table_itself_keeps_the_promises_of_the_house():
    """Strangers never learn that a project exists, and nobody without a name gets anything."""
    table = rows()
    open_to_all = {"api/v1/session", "api/v1/openapi.json"}

    assert len(table) > 40
    for row in table:
        where = f"{row['method']} {row['route']}"
        assert not any(row[role].startswith("5") for role in ROLES), where
        if row["route"] not in open_to_all:
            assert row["anonymous"] == "401", where
        if row["route"].startswith("worker/"):
            assert {row[role] for role in ROLES if role != "worker"} == {"401"}, where
        elif row["route"] not in open_to_all:
            assert row["worker"] == "401", where
        if "{project_id}" in row["route"]:
            assert row["stranger"] == "404", where
            assert row["viewer"] != "404", where
