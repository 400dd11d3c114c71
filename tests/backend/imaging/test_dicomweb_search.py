"""QIDO-RS: every rule of matching, what is returned, and how nonsense is refused."""

import json
from urllib.parse import quote

import pydicom
import pytest
from django.test import Client
from pydicom.dataset import Dataset

from backend.imaging.domain.qido import time_range
from backend.imaging.models import Instance, Series, Study
from tests.backend.imaging.dicomweb_client_of import dicomweb_client
from tests.backend.imaging.tokens import bearer_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def web(ada):
    return Client(headers={"Authorization": f"Bearer {bearer_of(ada)}"})


@pytest.fixture
def archive(make_phantom, take_in, tmp_path):
    """Three studies that differ in what is searched; their UIDs by name."""
    told = {
        "early": ("20250110", "081500", "Muster^Ägidius^^Dr.", "A1", "S-1", "P-1"),
        "late": ("20250110", "2030", "MUSTER^Berta", "A2", "S-2", "P-1"),
        "next": ("20250111", "071501.25", "Doe^Jane Mary", "", "S-9", "P-2"),
    }
    uids = {}
    for name, (day, time, person, accession, step, procedure) in told.items():
        dataset = pydicom.dcmread(make_phantom("axial").paths[0])
        dataset.SpecificCharacterSet = "ISO_IR 192"
        dataset.StudyDate, dataset.StudyTime, dataset.PatientName = day, time, person
        dataset.AccessionNumber, dataset.PatientID = accession, name
        dataset.PerformedProcedureStepStartDate, dataset.StationName = day, f"CT {name}"
        item = Dataset()
        item.ScheduledProcedureStepID, item.RequestedProcedureID = step, procedure
        dataset.RequestAttributesSequence = [item]
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            setattr(dataset, keyword, pydicom.uid.generate_uid(entropy_srcs=[name, keyword]))
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        uids[name] = dataset.StudyInstanceUID
        path = tmp_path / f"{name}.dcm"
        dataset.save_as(path)
        take_in(path)
    return uids


def names_found(web, archive, query, level="studies"):
    answer = web.get(f"/dicomweb/{level}?{query}")
    assert answer.status_code == 200, answer.content
    found = {each["0020000D"]["Value"][0] for each in answer.json()}
    return {name for name, uid in archive.items() if uid in found}


ASKED = [
    ("StudyDate=20250110", {"early", "late"}),
    ("StudyDate=20250111-", {"next"}),
    ("StudyTime=08-21", {"early", "late"}),
    ("StudyTime=203000", {"late"}),
    ("StudyTime=071501-0715", {"next"}),
    ("StudyDate=20250110-20250111&StudyTime=1200-0800", {"late", "next"}),
    ("StudyDate=20250110&StudyTime=-0900", {"early"}),
    (f"PatientName={quote('muster^ä*')}", {"early"}),
    ("PatientName=Muster*", {"early", "late"}),
    ("PatientName=jane+doe&fuzzymatching=true", {"next"}),
    ("PatientName=mary&fuzzymatching=true", {"next"}),
    ("PatientName=mary", set()),
    ("AccessionNumber=A?", {"early", "late"}),
    ("AccessionNumber=%22%22&emptyvaluematching=true", {"next"}),
    ("AccessionNumber=A1%5CA2&multiplevaluematching=true", {"early", "late"}),
    ("PatientID=early&StudyDate=20250111", set()),
    ("ModalitiesInStudy=M*", set()),
    ("ModalitiesInStudy=C*", {"early", "late", "next"}),
    ("RequestAttributesSequence.ScheduledProcedureStepID=S-2", {"late"}),
    ("00400275.00401001=P-1&00400275.00400009=S-?", {"early", "late"}),
    ("00400275.00401001=P-1&00400275.00400009=S-9", set()),
    ("PerformedProcedureStepStartDate=20250111", {"next"}),
    ("PatientID=", {"early", "late", "next"}),
    ("ModalitiesInStudy=%22%22&emptyvaluematching=true", set()),
    ("00400275.00400009=%22%22&emptyvaluematching=true", set()),
]


@pytest.mark.parametrize("level", ["studies", "series", "instances"])
def test_the_rules_of_the_standard_hold_at_each_level(level, web, archive):
    found = {query: names_found(web, archive, query, level) for query, _ in ASKED}

    assert found == dict(ASKED)


def test_a_list_of_uids_finds_each(web, archive):
    pair = f"{archive['early']},{archive['next']}"

    assert names_found(web, archive, f"StudyInstanceUID={pair}") == {"early", "next"}
    assert names_found(web, archive, f"0020000D={pair.replace(',', '%5C')}") == {"early", "next"}


NONSENSE = [
    "limit=-1", "limit=x", "offset=1.5", "StudyDate=yesterday", "StudyDate=2025", "StudyDate=-",
    "StudyTime=25:00", "fuzzymatching=maybe", "StudyInstanceUID=abc", "SeriesNumber=one",
    "includefield=NoSuchAttribute", "PatientID=a&PatientID=b", "PatientName=a%00",
    "00400275.00400009=%00", "StudyDate=%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1",
]  # fmt: skip


def test_nonsense_is_refused_in_words(web):
    for query in NONSENSE:
        answer = web.get(f"/dicomweb/series?{query}")

        assert (query, answer.status_code) == (query, 400)
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "dicomweb.bad_query"
        assert len(answer.json()["detail"]) > 10


def test_signs_that_no_identifier_has_find_nothing(web, archive):
    study = f"/dicomweb/studies/{archive['early']}"

    for path in ("/dicomweb/studies/%00/series", f"{study}/series/%00/metadata",
                 f"{study}/series/1.2/instances/%00"):  # fmt: skip
        assert web.get(path).status_code == 404


def test_what_a_series_was_not_made_for_is_found_as_empty(web, archive):
    Series.objects.filter(study__uid=archive["late"]).update(requests=[])
    Series.objects.filter(study__uid=archive["next"]).update(requests=[{"procedure": "P-2"}])
    nothing = "emptyvaluematching=true&00400275.00400009=%22%22"

    assert names_found(web, archive, nothing) == {"late", "next"}
    assert names_found(web, archive, f"{nothing}&00400275.00401001=P-2") == {"next"}


def test_every_name_that_is_not_matched_is_told_and_how_to_answer_is_none(web, archive):
    nested = web.get("/dicomweb/studies?ScheduledProcedureStepSequence.Modality=CT")
    odd = web.get("/dicomweb/studies?%C3%A4%0A=1")
    how = web.get("/dicomweb/studies?accept=application/json&charset=utf-8")

    assert "Not matched: ScheduledProcedureStepSequence.Modality." in nested["Warning"]
    assert "what names no attribute" in odd["Warning"]
    assert "Warning" not in how


def test_pages_tell_how_many_there_are(web, archive, monkeypatch):
    first = web.get("/dicomweb/studies?limit=2")
    last = web.get("/dicomweb/studies?limit=2&offset=2")
    beyond = web.get("/dicomweb/studies?offset=7")

    assert [len(each.json()) for each in (first, last, beyond)] == [2, 1, 0]
    assert {each["X-Total-Count"] for each in (first, last, beyond)} == {"3"}
    assert "offset" in first["Warning"]
    assert "Warning" not in last

    monkeypatch.setattr("backend.imaging.selectors.dicomweb.MOST_COUNTED", 2)
    capped = web.get("/dicomweb/studies?limit=1")
    assert "X-Total-Count" not in capped
    assert "more than 2" in capped["Warning"]


def test_each_level_returns_what_the_standard_lists(web, archive):
    (study,) = web.get("/dicomweb/studies?PatientID=early").json()
    uid = archive["early"]
    (series,) = web.get(f"/dicomweb/studies/{uid}/series").json()
    series_uid = series["0020000E"]["Value"][0]
    (instance,) = web.get(f"/dicomweb/studies/{uid}/series/{series_uid}/instances").json()

    assert {"00080056", "00080061", "00081190", "00201206", "00201208"} <= study.keys()
    assert study["00100010"]["Value"] == [{"Alphabetic": "Muster^Ägidius^^Dr."}]
    assert series["00400275"]["Value"][0]["00400009"]["Value"] == ["S-1"]
    assert series["00400244"]["Value"] == ["20250110"]
    assert {"00080060", "00081190", "00200011", "00201209"} <= series.keys()
    assert "00100010" not in series
    assert {"00080016", "00080018", "00081190", "00280010", "00280100"} <= instance.keys()
    assert instance["00083002"]["Value"] == ["1.2.840.10008.1.2.1"]
    assert "0008103E" not in instance


def test_more_fields_come_from_the_files_of_the_level(web, archive):
    (named,) = web.get("/dicomweb/series?PatientID=late&includefield=StationName,00180060").json()
    (whole,) = web.get("/dicomweb/studies?PatientID=late&includefield=all").json()
    (instance,) = web.get("/dicomweb/instances?PatientID=late&includefield=all").json()

    assert named["00081010"]["Value"] == ["CT late"]
    assert named["00180060"]["Value"] == [120.0]
    assert "00080050" in whole
    assert "00081010" not in whole
    assert {"00081010", "00180060", "00280030"} <= instance.keys()


def test_what_only_files_say_is_told_as_in_their_metadata(web, take_in, tmp_path, monkeypatch):
    dataset = pydicom.dcmread(pydicom.data.get_testdata_file("CT_small.dcm", download=False))
    dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 100", "Ägidius"
    dataset.add_new(0x00282000, "OB", b"\7" * 5000)
    dataset.save_as(tmp_path / "bulk.dcm")
    take_in(tmp_path / "bulk.dcm")
    monkeypatch.setattr("backend.imaging.api.qido.MOST_IN_MEMORY", 0)

    def told(address):
        return json.loads(b"".join(web.get(address).streaming_content))[0]

    for level in ("studies", "series", "instances"):
        found = told(f"/dicomweb/{level}?includefield=00282000,00080005,00080016")
        assert found["00080005"]["Value"] == ["ISO_IR 192"], level
        assert list(found) == sorted(found), level
        value = web.get(found["00282000"]["BulkDataURI"], headers={"Accept": "*/*"})
        assert b"".join(value.streaming_content) == b"\7" * 5000, level
    header = told(f"{found['00081190']['Value'][0]}/metadata")
    assert header["00080005"]["Value"] == ["ISO_IR 192"]
    assert header["00100010"]["Value"] == [{"Alphabetic": "Ägidius"}]


def test_answers_are_json_and_nothing_else(web, archive):
    plain = web.get("/dicomweb/studies", headers={"Accept": "application/json;q=0.9, text/*;q=0"})
    refused = web.get("/dicomweb/studies", headers={"Accept": "multipart/related; type=x/y"})

    assert plain["Content-Type"] == "application/json"
    assert refused.status_code == 406
    assert "application/dicom+json" in refused.json()["detail"]


def test_dicomweb_client_searches(web, archive):
    client = dicomweb_client(web)

    found = client.search_for_studies(search_filters={"PatientName": "*Berta"})
    series = client.search_for_series(found[0]["0020000D"]["Value"][0])
    instances = client.search_for_instances(fields=["SliceThickness"], limit=2, offset=1)

    assert [each["0020000D"]["Value"][0] for each in found] == [archive["late"]]
    assert series[0]["0020000E"]["Value"] == [Series.objects.get(study__uid=archive["late"]).uid]
    assert len(instances) == Instance.objects.count() - 1
    assert Study.objects.count() == 3


@pytest.mark.parametrize(
    ("asked", "ends"),
    [
        ("10", ("10", "105959.999999")),
        ("100000-", ("10", "")),
        ("-1015", ("", "101559.999999")),
        ("101500.50-101501", ("101500.5", "101501.999999")),
        ("0000-", ("", "")),
    ],
)
def test_times_are_compared_as_they_are_written(asked, ends):
    assert time_range(asked) == ends
