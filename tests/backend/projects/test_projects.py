"""Projects: made, seen, changed, peopled, filled."""

import threading
from uuid import uuid4

import pytest
from django.db import connection

from backend.audit.models import AuditEvent
from backend.core.actor import Actor
from backend.imaging.models import StudyAudience
from backend.imaging.selectors import studies_visible_to
from backend.imaging.services import audience_set_members
from backend.projects.models import LabelSchema, Membership, Project
from tests.factories import LIVER_SCHEMA, add_unit, api_of, make_grid, make_project

PROJECTS = "/api/v1/projects"
SCHEMA = {"segments": [{"id": 3, "name": "Kidney", "color": "#0072B2"}]}


def own(grid, user):
    """Let somebody see a study as one of their own uploads."""
    audience = uuid4()
    StudyAudience.objects.create(study=grid.series.study, audience_id=audience)
    audience_set_members(audience_id=audience, user_ids=[user.pk])
    return grid


def body(**changes):
    return {"name": "Kidney MR", "schema": SCHEMA, **changes}


def test_whoever_makes_a_project_owns_it_and_learns_the_next_step(charlie):
    answer = api_of(charlie).post(PROJECTS, body())

    assert answer.status_code == 201
    made = answer.json()
    assert (made["my_role"], made["member_count"], made["unit_count"]) == ("owner", 1, 0)
    assert made["schema"]["number"] == 1
    assert made["schema"]["document"]["segments"][0]["color"] == "#0072b2"
    assert made["next_step"]["code"] == "projects.add_studies"
    assert made["policy"]["preannotate"] is True
    assert AuditEvent.objects.filter(verb="project.created", project_id=made["id"]).exists()


@pytest.mark.django_db(transaction=True)
def test_a_project_with_studies_lets_its_people_see_them_and_rings_for_its_tasks(
    alice, bob, charlie, rung
):
    grid = own(make_grid(), alice)

    made = (
        api_of(alice)
        .post(
            PROJECTS,
            body(
                study_ids=[str(grid.series.study_id)],
                members=[{"user_id": str(bob.pk), "role": "annotator"}],
            ),
        )
        .json()
    )

    assert (made["unit_count"], made["next_step"]) == (1, None)
    assert grid.series.study in studies_visible_to(actor=Actor(bob.pk))
    assert grid.series.study not in studies_visible_to(actor=Actor(charlie.pk))
    assert rung == [("worklists.sync_tasks", made["id"])]


@pytest.mark.django_db(transaction=True)
def test_studies_one_may_not_see_cannot_be_taken_into_a_project_to_see_them(alice, charlie, rung):
    grid = own(make_grid(), alice)
    for choice in ({"study_ids": [grid.series.study_id]}, {"grid_ids": [grid.pk]}):
        assert api_of(charlie).post(PROJECTS, body(**choice)).status_code == 404

    assert not Project.objects.exists()
    assert rung == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"name": "  "}, 422),
        ({"schema": {}}, 422),
        ({"members": [{"user_id": str(uuid4()), "role": "viewer"}]}, 404),
        ({"members": [{"user_id": "3", "role": "viewer"}]}, 422),
        ({"policy": {"strategy": "astrology"}}, 422),
        ({"study_ids": [str(uuid4())]}, 404),
    ],
)
def test_a_project_that_cannot_be_is_refused_and_leaves_nothing(alice, changes, status):
    answer = api_of(alice).post(PROJECTS, body(**changes))

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert not Project.objects.exists()


def test_people_see_their_projects_only_and_an_administrator_all(project, ada, bob, charlie):
    other = make_project(owner=charlie, name="Other")

    def names(user):
        return [row["name"] for row in api_of(user).get(PROJECTS).json()["results"]]

    assert names(bob) == ["Liver CT"]
    assert names(charlie) == ["Other"]
    assert names(ada) == ["Other", "Liver CT"]
    assert api_of(bob).get(f"{PROJECTS}/{other.pk}").status_code == 404


def test_a_list_of_projects_costs_the_same_few_queries_however_long_it_is(
    alice, django_assert_max_num_queries
):
    for n in range(12):
        make_project(owner=alice, name=f"P{n}")
    browser = api_of(alice)

    with django_assert_max_num_queries(5):
        rows = browser.get(PROJECTS).json()["results"]

    assert [row["name"] for row in rows] == [f"P{n}" for n in reversed(range(12))]


def test_pages_of_projects_follow_one_another(ada, alice, monkeypatch):
    monkeypatch.setattr("backend.projects.selectors.PAGE", 2)
    for n in range(5):
        make_project(owner=alice, name=f"P{n}")
    browser, names, cursor = api_of(ada), [], None
    for _ in range(3):
        page = browser.get(PROJECTS, {"cursor": cursor} if cursor else {}).json()
        names += [row["name"] for row in page["results"]]
        cursor = page["next"]

    assert (names, cursor) == (["P4", "P3", "P2", "P1", "P0"], None)
    assert browser.get(PROJECTS, {"cursor": "WzFd"}).status_code == 422


def test_permissions_follow_the_role(project, alice, bob, dora, vera):
    def verbs(user):
        return set(api_of(user).get(f"{PROJECTS}/{project.pk}").json()["permissions"])

    assert verbs(vera) == {"view", "view_progress"}
    assert verbs(bob) == {"view", "annotate"}
    assert verbs(dora) == {"view", "view_progress", "train", "activate", "release", "export"}
    assert verbs(alice) >= verbs(dora) | verbs(bob) | {"edit_schema", "manage_members"}


def test_changing_one_thing_leaves_the_others(project, mark):
    answer = api_of(mark).patch(f"{PROJECTS}/{project.pk}", {"policy": {"retrain_after": 8}})

    assert answer.json()["policy"]["retrain_after"] == 8
    assert answer.json()["name"] == "Liver CT"
    assert api_of(mark).patch(f"{PROJECTS}/{project.pk}", {"owner": "me"}).status_code == 422


def schema_url(project):
    return f"{PROJECTS}/{project.pk}/schema"


def with_segment(number, name):
    document = LIVER_SCHEMA.model_dump(mode="json")
    document["segments"].append({"id": number, "name": name, "color": "#d55e00"})
    return document


def test_a_schema_change_is_a_new_version_and_the_old_one_stays(project, alice):
    answer = api_of(alice).put(
        schema_url(project), {"document": with_segment(9, "Cyst"), "base_number": 1}
    )

    assert (answer.status_code, answer.json()["number"]) == (200, 2)
    versions = api_of(alice).get(f"{PROJECTS}/{project.pk}/schemas").json()["results"]
    assert [(row["number"], len(row["document"]["segments"])) for row in versions] == [
        (2, 4),
        (1, 3),
    ]
    assert api_of(alice).get(schema_url(project)).json()["number"] == 2


def test_saving_the_same_schema_again_makes_no_version(project, alice):
    same = {"document": LIVER_SCHEMA.model_dump(mode="json"), "base_number": 1}

    assert api_of(alice).put(schema_url(project), same).json()["number"] == 1


def test_a_segment_taken_out_is_retired_and_its_number_is_not_given_to_another(project, alice):
    document = LIVER_SCHEMA.model_dump(mode="json")
    document["segments"] = document["segments"][:2]
    answer = api_of(alice).put(schema_url(project), {"document": document, "base_number": 1})
    assert [s["retired"] for s in answer.json()["document"]["segments"]] == [False, False, True]

    document["segments"].append({"id": 7, "name": "Bile duct", "color": "#d55e00"})
    again = api_of(alice).put(schema_url(project), {"document": document, "base_number": 2})

    assert (again.status_code, again.json()["code"]) == (422, "projects.segment_reused")
    assert "Vessel" in again.json()["detail"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_a_schema_at_once_one_wins_and_the_other_learns_the_number(project, alice):
    gate, answers = threading.Barrier(4), []

    def save(n):
        browser = api_of(alice)
        gate.wait()
        answers.append(
            browser.put(
                schema_url(project),
                {"document": with_segment(20 + n, f"Cyst {n}"), "base_number": 1},
            )
        )
        connection.close()

    threads = [threading.Thread(target=save, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert (lost.json()["code"], lost.json()["number"]) == ("projects.schema_conflict", 2)
    assert LabelSchema.objects.count() == 2


def member_url(project, user):
    return f"{PROJECTS}/{project.pk}/members/{user.pk}"


def test_a_new_member_sees_the_studies_and_a_removed_one_no_longer(project, alice, charlie):
    study = add_unit(project, make_grid()).grid.series.study
    browser = api_of(alice)

    put = browser.put(member_url(project, charlie), {"role": "reviewer"})
    assert (put.status_code, put.json()["role"]) == (200, "reviewer")
    assert study in studies_visible_to(actor=Actor(charlie.pk))

    assert browser.delete(member_url(project, charlie)).status_code == 204
    assert study not in studies_visible_to(actor=Actor(charlie.pk))
    assert browser.delete(member_url(project, charlie)).status_code == 404


def test_a_manager_seats_people_but_does_not_touch_owners(project, alice, mark, bob, charlie):
    browser = api_of(mark)

    assert browser.put(member_url(project, charlie), {"role": "manager"}).status_code == 200
    assert browser.put(member_url(project, bob), {"role": "owner"}).status_code == 403
    assert browser.put(member_url(project, alice), {"role": "viewer"}).status_code == 403
    assert browser.delete(member_url(project, alice)).status_code == 403


def test_everybody_may_leave_but_the_last_owner_stays(project, alice, bob):
    assert api_of(bob).delete(member_url(project, bob)).status_code == 204
    left = api_of(alice).delete(member_url(project, alice))
    demoted = api_of(alice).put(member_url(project, alice), {"role": "viewer"})

    assert (left.status_code, left.json()["code"]) == (409, "projects.last_owner")
    assert demoted.status_code == 409


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_once_one_stays(project, alice, charlie):
    Membership.objects.create(project=project, user=charlie, role="owner")
    gate = threading.Barrier(2)

    def leave(user):
        browser = api_of(user)
        gate.wait()
        browser.delete(member_url(project, user))
        connection.close()

    threads = [threading.Thread(target=leave, args=(user,)) for user in (alice, charlie)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Membership.objects.filter(project=project, role="owner").count() == 1


@pytest.mark.django_db(transaction=True)
def test_adding_studies_again_adds_only_what_is_new(project, alice, rung):
    first, second = own(make_grid(), alice), own(make_grid(), alice)
    url = f"{PROJECTS}/{project.pk}/units"
    browser = api_of(alice)
    browser.post(url, {"grid_ids": [str(first.pk)]})

    answer = browser.post(
        url, {"study_ids": [str(first.series.study_id), str(second.series.study_id)]}
    )

    assert answer.json() == {"added": 1, "already_there": 1, "unit_count": 2}
    listed = browser.get(url).json()
    assert [row["number"] for row in listed["results"]] == [1, 2]
    assert listed["total"] == 2
    assert rung == [("worklists.sync_tasks", str(project.pk))] * 2
    assert browser.post(url, {}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_units_added_by_two_people_at_once_have_numbers_of_their_own(project, alice, mark):
    grids = [own(make_grid(), user) for user in (alice, mark) for _ in range(3)]
    gate = threading.Barrier(2)

    def add(user, chosen):
        browser = api_of(user)
        gate.wait()
        ids = [str(grid.pk) for grid in chosen]
        assert browser.post(f"{PROJECTS}/{project.pk}/units", {"grid_ids": ids}).status_code == 200
        connection.close()

    threads = [
        threading.Thread(target=add, args=pair) for pair in ((alice, grids[:3]), (mark, grids[3:]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(project.units.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
