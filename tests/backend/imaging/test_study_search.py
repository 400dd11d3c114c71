"""Studies searched, filtered, sorted, gathered: over HTTP, by people who see different things."""

import pytest

from backend.audit.models import AuditEvent
from backend.imaging.models import Study
from backend.imaging.selectors import study_filter
from backend.imaging.services import audience_add_studies, audience_set_members
from tests.factories import api_of

pytestmark = pytest.mark.django_db
SEARCH = "/api/v1/studies/search"
NAMES = ("axial", "oblique", "multiframe", "gapped")


@pytest.fixture
def archive(make_phantom, take_in):
    """Four studies, in the order of NAMES; return their ids by name."""
    for name in NAMES:
        written = make_phantom(name)
        take_in(written.paths[0].parent if name == "gapped" else written.paths[0])
    return {study.description.split(", ")[1]: study.pk for study in Study.objects.all()}


def found(api, **body):
    answer = api.post(SEARCH, body)
    assert answer.status_code == 200, answer.content
    return [study["description"].split(", ")[1] for study in answer.json()["results"]]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["gapped", "multiframe", "oblique", "axial"]),
        ({"search": "phantom-OBL"}, ["oblique"]),
        ({"search": "nobody"}, []),
        ({"search": "zz\0zz"}, []),
        ({"modalities": ["MR", "US"]}, ["multiframe"]),
        ({"sources": ["command"]}, ["gapped", "multiframe", "oblique", "axial"]),
        ({"sources": ["stow"]}, []),
        ({"has_warnings": True}, ["gapped"]),
        ({"has_warnings": False, "modalities": ["CT"]}, ["oblique", "axial"]),
        ({"date_from": "2025-01-15", "date_to": "20250115", "search": "axial"}, ["axial"]),
        ({"body_parts": ["NOWHERE"]}, []),
    ],
)
def test_filters_narrow(asked, names, archive, ada):
    assert found(api_of(ada), filter=asked) == names


@pytest.mark.parametrize("order", ["arrived", "date", "patient", "description"])
def test_any_order_is_walked_page_by_page_both_ways(order, archive, ada, monkeypatch):
    monkeypatch.setattr("backend.imaging.selectors.studies.SEARCH_PAGE", 1)
    api = api_of(ada)

    walks = []
    for is_descending in (True, False):
        seen, cursor, totals = [], "", []
        while cursor is not None:
            body = {"order": order, "is_descending": is_descending, "cursor": cursor}
            answer = api.post(SEARCH, body).json()
            seen += [study["id"] for study in answer["results"]]
            totals.append(answer["total"])
            cursor = answer["next"]
        assert totals == [4, None, None, None]
        walks.append(seen)

    assert walks[0] == walks[1][::-1]
    assert sorted(walks[0]) == sorted(str(pk) for pk in archive.values())


def test_a_number_that_is_too_large_to_count_is_said_to_be_so(archive, ada, monkeypatch):
    monkeypatch.setattr(study_filter, "COUNTED", 3)
    monkeypatch.setattr("backend.imaging.selectors.studies.SEARCH_PAGE", 2)

    answer = api_of(ada).post(SEARCH, {}).json()

    assert (answer["total"], answer["is_total_capped"]) == (3, True)


def test_a_marker_or_a_filter_of_ones_own_making_is_refused(ada):
    api = api_of(ada)

    assert api.post(SEARCH, {"cursor": "WzFd"}).status_code == 422
    assert api.post(SEARCH, {"order": "date", "cursor": "WyJ4IiwgIngiXQ"}).status_code == 422
    assert api.post(SEARCH, {"filter": {"colour": "red"}}).status_code == 422


def test_filters_offer_what_is_there(archive, ada, bob):
    said = api_of(ada).get("/api/v1/studies/facets").json()

    assert (said["modalities"], said["sources"]) == (["CT", "MR"], ["command"])
    assert api_of(bob).get("/api/v1/studies/facets").json()["modalities"] == []


def test_a_tag_gathers_studies_and_each_gift_is_on_record(archive, ada):
    api = api_of(ada)
    tag = api.post("/api/v1/tags", {"name": " To  check ", "color": "#e69f00"}).json()
    some = {"study_ids": [str(archive["axial"])]}
    matching = {"filter": {"modalities": ["CT"]}}

    changed = [
        api.post(f"/api/v1/tags/{tag['id']}/{verb}", choice).json()["changed"]
        for verb, choice in (("give", some), ("give", matching), ("take", some), ("take", some))
    ]

    assert tag["name"] == "To check"
    assert changed == [1, 2, 1, 0]
    assert found(api, filter={"tag_ids": [tag["id"]]}) == ["gapped", "oblique"]
    (listed,) = api.get("/api/v1/tags").json()["results"]
    assert listed["study_count"] == 2
    row = api.post(SEARCH, {}).json()["results"][0]
    assert [each["name"] for each in row["tags"]] == ["To check"]
    assert api.post("/api/v1/tags", {"name": "to CHECK", "color": "#009e73"}).status_code == 409
    said = AuditEvent.objects.filter(verb__startswith="tag.").values_list("verb", "details")
    assert ("tag.given", {"studies": 2}) in said


def test_tags_and_cohorts_show_nobody_a_study(archive, ada, bob, charlie):
    audience = archive["axial"]
    audience_add_studies(audience_id=audience, study_ids=[archive["axial"]])
    audience_set_members(audience_id=audience, user_ids=[bob.pk])
    api, bobs, charlies = api_of(ada), api_of(bob), api_of(charlie)
    tag = api.post("/api/v1/tags", {"name": "Rare", "color": "#e69f00"}).json()["id"]
    api.post(f"/api/v1/tags/{tag}/give", {"filter": {}})
    body = {"name": "All", "kind": "list", "is_shared": True, "studies": {"filter": {}}}
    cohort = api.post("/api/v1/cohorts", body).json()

    assert cohort["study_count"] == 4
    assert found(bobs, filter={"cohort_id": cohort["id"]}) == ["axial"]
    assert bobs.get("/api/v1/cohorts").json()["results"][0]["study_count"] == 1
    assert bobs.get("/api/v1/tags").json()["results"][0]["study_count"] == 1
    assert bobs.post("/api/v1/studies/ids", {"filter": {}}).json()["study_ids"] == [
        str(archive["axial"])
    ]
    assert found(charlies, filter={"cohort_id": cohort["id"]}) == []
    assert charlies.get("/api/v1/tags").json()["results"] == []
    assert charlies.post(f"/api/v1/tags/{tag}/give", {"filter": {}}).status_code == 404
    assert bobs.delete(f"/api/v1/tags/{tag}").status_code == 403


def test_a_cohort_of_a_filter_grows_with_the_archive(archive, ada, make_phantom, take_in):
    api = api_of(ada)
    body = {"name": "MR", "kind": "filter", "studies": {"filter": {"modalities": ["MR"]}}}
    cohort = api.post("/api/v1/cohorts", body).json()
    listed = api.post("/api/v1/cohorts", {**body, "kind": "list"}).json()
    Study.objects.filter(pk=archive["axial"]).update(modalities=["CT", "MR"])

    assert found(api, filter={"cohort_id": cohort["id"]}) == ["multiframe", "axial"]
    assert found(api, filter={"cohort_id": listed["id"]}) == ["multiframe"]
    within = {"cohort_id": cohort["id"], "search": "axial"}
    assert found(api, filter=within) == ["axial"]


def test_words_of_a_search_are_not_shared(archive, ada, bob):
    api = api_of(ada)
    words = {"filter": {"search": "Phantom, Gapped"}}
    body = {"name": "Her", "kind": "filter", "is_shared": True, "studies": words}

    assert api.post("/api/v1/cohorts", body).status_code == 422
    made = api.post("/api/v1/cohorts", {**body, "is_shared": False}).json()
    assert api.patch(f"/api/v1/cohorts/{made['id']}", {"is_shared": True}).status_code == 422
    assert api_of(bob).get("/api/v1/cohorts").json()["results"] == []


def test_more_than_can_be_handled_at_once_is_refused(archive, ada, monkeypatch):
    monkeypatch.setattr(study_filter, "MOST_CHOSEN", 3)
    api = api_of(ada)

    refused = api.post("/api/v1/studies/ids", {"filter": {}})

    assert refused.status_code == 422
    assert refused.json()["limit"] == 3
    assert len(api.post("/api/v1/studies/ids", {"filter": {"search": "gap"}}).json()["study_ids"])
