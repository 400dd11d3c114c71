"""Studies and grids over HTTP: who sees what, found how, shown how."""

import io
import json

import pytest
from django.core.management import call_command
from PIL import Image

from backend.imaging.models import Grid, Study
from backend.imaging.services import audience_add_studies, audience_set_members

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_ada(client, ada):
    client.force_login(ada)
    return client


def descriptions(answer):
    return [study["description"].split(", ")[1] for study in answer.json()["results"]]


def test_studies_are_listed_newest_first_and_page_by_page(
    as_ada, make_phantom, take_in, monkeypatch
):
    monkeypatch.setattr("backend.imaging.selectors.studies.PAGE", 2)
    names = ["axial", "oblique", "anisotropic", "flipped", "gapped"]
    for name in names:
        take_in(make_phantom(name).paths[0])

    seen, cursor = [], ""
    while cursor is not None:
        answer = as_ada.get("/api/v1/studies", {"cursor": cursor})
        seen += descriptions(answer)
        cursor = answer.json()["next"]

    assert seen == names[::-1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": "phantom-OBL"}, ["oblique"]),
        ({"search": "geometry axial"}, ["axial"]),
        ({"search": "axial oblique"}, []),
        ({"search": "100%"}, []),
        ({"modality": "MR"}, ["multiframe"]),
        ({"date_from": "2025-01-16"}, []),
        ({"date_from": "2025-01-15", "date_to": "20250115", "search": "axial"}, ["axial"]),
    ],
)
def test_studies_are_found(query, found, as_ada, make_phantom, take_in):
    for name in ("axial", "oblique", "multiframe"):
        take_in(make_phantom(name).paths[0])

    assert descriptions(as_ada.get("/api/v1/studies", query)) == found


def test_a_study_tells_its_series_grids_and_warnings(as_ada, make_phantom, take_in):
    written = make_phantom("gapped")
    take_in(written.paths[0].parent)

    study = as_ada.get(f"/api/v1/studies/{Study.objects.get().pk}").json()

    (series,) = study["series"]
    (grid,) = series["grids"]
    assert (study["instance_count"], series["instance_count"], study["series_count"]) == (10, 10, 1)
    assert study["patient"]["name"] == "Phantom, Gapped"
    assert grid["shape_kji"] == [10, 48, 64]
    assert grid["reason"] == study["warnings"][0] == series["warnings"][0]
    assert study["modalities"] == ["CT"]


def test_what_a_person_may_not_see_looks_absent(client, bob, charlie, make_phantom, take_in):
    take_in(make_phantom("axial").paths[0].parent)
    study, grid = Study.objects.get(), Grid.objects.get()
    audience_add_studies(audience_id=study.pk, study_ids=[study.pk])
    audience_set_members(audience_id=study.pk, user_ids=[bob.pk])
    places = [
        f"/api/v1/studies/{study.pk}",
        f"/api/v1/grids/{grid.pk}/view",
        f"/api/v1/grids/{grid.pk}/thumbnail",
    ]

    client.force_login(charlie)
    assert [client.get(place).status_code for place in places] == [404] * 3
    assert client.post(f"/api/v1/studies/{study.pk}/frame-token").status_code == 404
    assert client.get("/api/v1/studies").json()["results"] == []

    client.force_login(bob)
    assert [client.get(place).status_code for place in places] == [200] * 3
    audience_set_members(audience_id=study.pk, user_ids=[])
    assert client.get(places[0]).status_code == 404


def test_a_thumbnail_shows_the_middle_slice_in_its_true_shape(as_ada, make_phantom, take_in):
    written = make_phantom("anisotropic")
    take_in(written.paths[0].parent)

    answer = as_ada.get(f"/api/v1/grids/{Grid.objects.get().pk}/thumbnail")

    picture = Image.open(io.BytesIO(answer.content))
    assert answer["Content-Type"] == "image/webp"
    across, down = 64 * 0.7, 48 * 1.3
    assert picture.width / picture.height == pytest.approx(across / down, rel=0.02)
    low, high = picture.convert("L").getextrema()
    assert high - low > 100


def test_a_list_of_studies_asks_a_fixed_number_of_questions(
    as_ada, make_phantom, take_in, django_assert_max_num_queries
):
    for name in ("axial", "oblique", "flipped", "gapped"):
        take_in(make_phantom(name).paths[0])

    with django_assert_max_num_queries(6):
        as_ada.get("/api/v1/studies")


def test_a_page_marker_of_ones_own_making_is_refused(as_ada):
    assert as_ada.get("/api/v1/studies", {"cursor": "WzFd"}).status_code == 422
    assert as_ada.get("/api/v1/studies", {"cursor": "WyJ4IiwgIngiXQ"}).status_code == 422


def test_the_command_tells_every_fate(make_phantom, tmp_path, capsys):

    folder = make_phantom("oblique").paths[0].parent
    (folder / "notes.txt").write_text("words")

    call_command("ingest", str(folder), "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"stored": 12, "duplicate": 0, "quarantined": 0, "rejected": 1}
    assert len(told["items"]) == 13
    (refused,) = [item for item in told["items"] if item["outcome"] == "rejected"]
    assert refused["name"] == "notes.txt"
    assert refused["code"] == "imaging.not_dicom"
