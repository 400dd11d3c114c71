"""DICOMweb: what goes in by STOW-RS is found by QIDO-RS and comes back by WADO-RS."""

import json
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pydicom
import pytest
from django.test import Client

from backend.core.actor import Actor
from backend.imaging.domain.qido import likely_pattern
from backend.imaging.models import IngestRun, Instance, Patient, Study
from tests.backend.imaging.tokens import bearer_of

pytestmark = pytest.mark.django_db
OCTETS = {"Accept": "application/octet-stream"}


@pytest.fixture
def web(ada):
    return Client(headers={"Authorization": f"Bearer {bearer_of(ada)}"})


@pytest.fixture
def bobs(bob):
    return Client(headers={"Authorization": f"Bearer {bearer_of(bob)}"})


def multipart(*bodies):
    parts = [b"--edge\r\nContent-Type: application/dicom\r\n\r\n" + body for body in bodies]
    return b"\r\n".join(parts) + b"\r\n--edge--\r\n"


def send(client, *bodies, path="/dicomweb/studies"):
    kind = 'multipart/related; type="application/dicom"; boundary=edge'
    return client.generic("POST", path, multipart(*bodies), content_type=kind)


def parts_of(response):
    boundary = response["Content-Type"].split("boundary=")[1].encode()
    whole = b"".join(response.streaming_content)
    return [piece.split(b"\r\n\r\n", 1)[1][:-2] for piece in whole.split(b"--" + boundary)[1:-1]]


def address(instance):
    series = instance.series
    return f"/dicomweb/studies/{series.study.uid}/series/{series.uid}/instances/{instance.sop_uid}"


def test_what_is_sent_comes_back_bit_for_bit(web, make_phantom):
    bodies = [path.read_bytes() for path in make_phantom("oblique").paths[:3]]

    answer = send(web, *bodies)

    assert answer.status_code == 200
    assert len(answer.json()["00081199"]["Value"]) == 3
    study = Instance.objects.first().series.study
    back = parts_of(web.get(f"/dicomweb/studies/{study.uid}"))
    assert sorted(back) == sorted(bodies)


def test_each_part_has_a_fate_of_its_own(web, make_phantom):
    good = make_phantom("axial").paths[0].read_bytes()

    answer = send(web, good, b"no image at all, just words", good[:-100])

    assert answer.status_code == 202
    body = answer.json()
    assert len(body["00081199"]["Value"]) == 1
    assert body["00081198"]["Value"][0]["00081197"]["Value"] == [0xC000]
    assert "not a DICOM file" in body["0008119A"]["Value"][0]["00000902"]["Value"][0]


def test_a_body_without_any_good_part_is_a_conflict(web):
    assert send(web, b"words").status_code == 409
    assert send(web, b"words", path="/dicomweb/studies/1.2.3").status_code == 409


@pytest.mark.parametrize(
    ("kind", "edge", "status"),
    [
        ('multipart/related; boundary="a,b;c d"; type="application/dicom"', b"a,b;c d", 200),
        ("multipart/related; boundary=mytype=x; type=application/dicom", b"mytype=x", 200),
        ('multipart/related; start-type="text/xml"; boundary=edge', b"edge", 200),
        ("multipart/form-data; boundary=edge", b"edge", 415),
        ('multipart/related; type="application/dicom+json"; boundary=edge', b"edge", 415),
        ("application/json", b"edge", 415),
        ('multipart/related; type="application/dicom"', b"edge", 400),
    ],
)
def test_the_kind_of_a_body_is_read_to_the_letter(kind, edge, status, web, make_phantom):
    body = multipart(make_phantom("axial").paths[0].read_bytes()).replace(b"--edge", b"--" + edge)

    answer = web.generic("POST", "/dicomweb/studies", body, content_type=kind)

    assert answer.status_code == status, answer.content


def test_a_body_without_parts_is_refused_in_words(web):
    kind = 'multipart/related; type="application/dicom"; boundary=edge'

    answer = web.generic("POST", "/dicomweb/studies", b"--edge--\r\n", content_type=kind)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert "before its first part" in answer.json()["detail"]


def test_a_part_of_another_study_is_refused(web, make_phantom):
    answer = send(web, make_phantom("axial").paths[0].read_bytes(), path="/dicomweb/studies/1.2.3")

    assert answer.status_code == 409
    assert answer.json()["00081198"]["Value"][0]["00081197"]["Value"] == [0xA900]
    assert Instance.objects.count() == 0


def test_a_body_that_is_cut_is_told_so_and_leaves_nothing_lying_about(web, make_phantom, settings):
    bodies = [path.read_bytes() for path in make_phantom("axial").paths[:2]]
    kind = 'multipart/related; type="application/dicom"; boundary=edge'

    answer = web.generic("POST", "/dicomweb/studies", multipart(*bodies)[:-2000], content_type=kind)

    assert answer.status_code == 400
    assert "middle of a part" in answer.json()["detail"]
    assert list((Path(settings.LIMN_BLOBS) / "incoming").iterdir()) == []
    assert IngestRun.objects.get().state == "finished"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("PatientID=LIMN-PHANTOM-AXIAL", ["axial"]),
        ("PatientID=*AXIAL", ["axial"]),
        ("PatientName=phantom^o*", ["oblique"]),
        ("PatientName=Phantom^?xial", ["axial"]),
        ("00100010=nobody", []),
        ("StudyDate=20250101-20250131", ["axial", "oblique"]),
        ("StudyDate=-20250114", []),
        ("ModalitiesInStudy=MR", []),
        ("Modality=CT", ["axial", "oblique"]),
        ("limit=1", ["oblique"]),
        ("limit=5&offset=1", ["axial"]),
    ],
)
def test_studies_are_found_by_what_they_say(query, found, web, make_phantom, take_in):
    for name in ("axial", "oblique"):
        take_in(make_phantom(name).paths[0])

    results = web.get(f"/dicomweb/studies?{query}").json()

    names = sorted(study["00081030"]["Value"][0].split(", ")[1] for study in results)
    assert names == found


def test_an_attribute_that_is_not_matched_is_told(web):
    answer = web.get("/dicomweb/studies?EyeColor=blue&StationName=X")

    assert "Not matched: EyeColor, StationName" in answer["Warning"]


def test_series_and_instances_are_found_below_their_parents(web, make_phantom, take_in):
    written = make_phantom("gapped")
    take_in(written.paths[0].parent)
    study, series = written.header.study_uid, written.header.series_uid

    (found,) = web.get(f"/dicomweb/studies/{study}/series").json()
    instances = web.get(
        f"/dicomweb/studies/{study}/series/{series}/instances?InstanceNumber=3&includefield=KVP"
    ).json()

    assert found["0020000E"]["Value"] == [series]
    assert found["00201209"]["Value"] == [10]
    (only,) = instances
    assert only["00080018"]["Value"] == [written.sop_uids[2]]
    assert only["00180060"]["Value"] == [120.0]


def test_metadata_says_what_pydicom_reads(web, make_phantom, take_in):
    written = make_phantom("multiframe")
    take_in(written.paths[0])

    answer = web.get(address(Instance.objects.get()) + "/metadata")

    (told,) = json.loads(b"".join(answer.streaming_content))
    pixels = told.pop("7FE00010")
    back = pydicom.Dataset.from_json(told)
    truth = pydicom.dcmread(written.paths[0], stop_before_pixels=True)
    assert back == pydicom.Dataset.from_json(truth.to_json())
    assert pixels["vr"] == "OW"
    value = b"".join(web.get(pixels["BulkDataURI"], headers=OCTETS).streaming_content)
    assert value == pydicom.dcmread(written.paths[0]).PixelData


def test_frames_come_one_by_one_or_several(web, make_phantom, take_in):
    written = make_phantom("multiframe")
    take_in(written.paths[0])
    pixels = pydicom.dcmread(written.paths[0]).pixel_array

    back = parts_of(web.get(address(Instance.objects.get()) + "/frames/12,3"))

    np.testing.assert_array_equal(np.frombuffer(back[0], "<u2"), pixels[11].ravel())
    np.testing.assert_array_equal(np.frombuffer(back[1], "<u2"), pixels[2].ravel())


@pytest.mark.parametrize(
    "frames", ["0", "13", "1,13", "12,0", "x", "1,,x", "99999999999", "\N{SUPERSCRIPT TWO}"]
)
def test_frames_that_are_not_there_are_refused(frames, web, make_phantom, take_in):
    take_in(make_phantom("multiframe").paths[0])

    answer = web.get(f"{address(Instance.objects.get())}/frames/{frames}")

    assert answer.status_code == (404 if set(frames) <= set("0123,") else 400)
    picture = web.get(f"{address(Instance.objects.get())}/frames/{frames}/rendered")
    assert picture.status_code == answer.status_code


@pytest.mark.parametrize(
    ("accept", "syntax"),
    [
        ('multipart/related; type="application/octet-stream"; transfer-syntax=*', ".4.90"),
        ("multipart/related; type=image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90", ".4.90"),
        ('multipart/related; type="application/octet-stream"', ".2.1"),
        ("*/*", ".2.1"),
    ],
)
def test_a_client_gets_the_syntax_it_accepts(accept, syntax, web, take_in):
    path = pydicom.data.get_testdata_file("examples_jpeg2k.dcm", download=False)
    take_in(path)

    answer = web.get(address(Instance.objects.get()) + "/frames/1", headers={"Accept": accept})

    (body,) = parts_of(answer)
    dataset = pydicom.dcmread(path)
    if syntax == ".2.1":
        assert body == dataset.pixel_array.tobytes()
    else:
        assert body == pydicom.encaps.get_frame(dataset.PixelData, 0, number_of_frames=1)


def test_a_syntax_nobody_can_make_is_not_acceptable(web, make_phantom, take_in):
    take_in(make_phantom("axial").paths[0])
    accept = "multipart/related; type=image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50"

    answer = web.get(address(Instance.objects.get()) + "/frames/1", headers={"Accept": accept})

    assert answer.status_code == 406
    assert "1.2.840.10008.1.2.4.80" in answer.json()["detail"]


def test_a_client_that_needs_plain_files_gets_them_decoded(web, take_in):
    path = pydicom.data.get_testdata_file("examples_jpeg2k.dcm", download=False)
    take_in(path)
    accept = "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"

    answer = web.get(address(Instance.objects.get()), headers={"Accept": accept})

    back = pydicom.dcmread(pydicom.filebase.DicomBytesIO(b"".join(answer.streaming_content)))
    assert back.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
    np.testing.assert_array_equal(back.pixel_array, pydicom.dcmread(path).pixel_array)


def test_strangers_find_nothing(bobs, make_phantom, take_in):
    take_in(make_phantom("axial").paths[0])
    place = address(Instance.objects.get())

    assert bobs.get("/dicomweb/studies").json() == []
    assert bobs.get("/dicomweb/instances").json() == []
    for tail in ("", "/metadata", "/frames/1", "/rendered"):
        assert bobs.get(place + tail).status_code == 404


def test_nobody_enters_a_study_that_is_not_theirs(bobs, make_phantom, take_in):
    written = make_phantom("axial")
    take_in(written.paths[0])

    answer = send(bobs, written.paths[1].read_bytes())

    assert answer.json()["00081198"]["Value"][0]["00081197"]["Value"] == [0x0124]
    assert Instance.objects.count() == 1
    assert bobs.get("/dicomweb/studies").json() == []


def test_who_sends_sees_what_they_sent(bobs, make_phantom):
    send(bobs, make_phantom("axial").paths[0].read_bytes())

    assert len(bobs.get("/dicomweb/studies").json()) == 1
    assert IngestRun.objects.get().counts == {
        "stored": 1,
        "duplicate": 0,
        "quarantined": 0,
        "rejected": 0,
    }


def test_without_signing_in_nothing_answers(client):
    assert client.get("/dicomweb/studies").status_code == 401
    assert Actor.system().is_admin


@pytest.mark.parametrize(
    ("pattern", "likely"),
    [("Ma?er*", "%ma%er%"), ("*", None), ("100%_a\\", "%100\\%\\_a\\\\%")],
)
def test_a_search_is_narrowed_by_what_the_whole_text_must_hold(pattern, likely):
    assert likely_pattern(pattern) == likely


def test_signs_that_mean_something_to_the_database_are_letters_of_a_name(web, make_phantom):
    send(web, make_phantom("axial").paths[0].read_bytes())
    Patient.objects.update(name="100%_real^A")
    Study.objects.update(search_text="limn-phantom-axial\n100%_real^a")

    def found(query):
        return len(web.get(f"/dicomweb/studies?PatientName={quote(query)}").json())

    assert [found(query) for query in ("100%_*", "100?_real^a", "1000*", "100%x*")] == [1, 1, 0, 0]
