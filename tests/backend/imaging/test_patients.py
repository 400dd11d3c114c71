"""A patient with their studies and what is known beside the images: written, corrected, never lost."""

import pytest

from backend.audit.models import AuditEvent
from backend.imaging.models import ClinicalEntry, Study
from tests.factories import api_of, make_grid

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient():
    """A patient of two studies."""
    make_grid(patient_id="P-7")
    grid = make_grid(patient_id="P-7", modality="MR")
    Study.objects.filter(pk=grid.series.study_id).update(date="20200101")
    return grid.series.study.patient


def test_a_patient_shows_the_studies_oldest_first(patient, ada, charlie):
    said = api_of(ada).get(f"/api/v1/patients/{patient.pk}").json()

    assert said["patient_id"] == "P-7"
    assert [study["modalities"] for study in said["studies"]] == [["CT"], ["MR"]]
    assert api_of(charlie).get(f"/api/v1/patients/{patient.pk}").status_code == 404
    assert api_of(charlie).get(f"/api/v1/patients/{patient.pk}/clinical").status_code == 404


def test_an_entry_is_corrected_and_withdrawn_and_stays_to_be_read(patient, ada):
    api, place = api_of(ada), f"/api/v1/patients/{patient.pk}/clinical"
    made = api.post(place, {"kind": "fact", "name": "Diagnosis", "value": "HCC"}).json()

    better = {"kind": "fact", "name": "Diagnosis", "value": "CCC"}
    corrected = api.put(f"{place}/{made['id']}", better).json()
    assert api.put(f"{place}/{made['id']}", better).status_code == 409
    assert corrected["replaces_id"] == made["id"]
    assert [row["value"] for row in api.get(place).json()["results"]] == ["CCC"]
    assert api.delete(f"{place}/{corrected['id']}").status_code == 204

    assert api.get(place).json()["results"] == []
    history = api.get(f"{place}?history=true").json()["results"]
    assert [row["value"] for row in history] == ["HCC", "CCC"]
    assert {row["author_id"] for row in history} == {str(ada.pk)}
    verbs = AuditEvent.objects.filter(verb__startswith="clinical.").order_by("pk")
    assert [event.verb.split(".")[1] for event in verbs] == ["added", "corrected", "withdrawn"]
    assert "HCC" not in str([event.details for event in verbs])


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "fact", "name": " ", "value": "x"},
        {"kind": "value", "name": "AFP", "value": "12"},
        {"kind": "note", "value": ""},
        {"kind": "rumour", "value": "x"},
    ],
)
def test_an_entry_that_says_nothing_is_refused(body, patient, ada):
    assert api_of(ada).post(f"/api/v1/patients/{patient.pk}/clinical", body).status_code == 422


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_a_table_is_taken_in_line_by_line(between, patient, ada):
    lines = [
        ["Date", "Name", "Value", "Unit"],
        ["2025-01-31", "AFP", "12.5", "ng/ml"],
        ["20250228", "AFP", "9", "ng/ml"],
        ["", "Smoker", "no", ""],
        ["tomorrow", "AFP", "1", ""],
        ["2025-03-01", "", "3", ""],
    ]
    text = "\ufeff" + "\r\n".join(between.join(line) for line in lines)
    place = f"/api/v1/patients/{patient.pk}/clinical"

    told = api_of(ada).post(f"{place}/csv", {"text": text}).json()

    assert told["added"] == 3
    assert [refused["line"] for refused in told["refused"]] == [5, 6]
    rows = ClinicalEntry.objects.filter(patient=patient).order_by("created_at", "date")
    assert {(row.kind, row.name, row.value) for row in rows} == {
        ("value", "AFP", "12.5"),
        ("value", "AFP", "9"),
        ("fact", "Smoker", "no"),
    }
    assert api_of(ada).post(f"{place}/csv", {"text": "hello"}).status_code == 422
