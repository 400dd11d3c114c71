"""Pulling over DICOMweb: each instance once, whatever breaks on the way."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import pydicom
import pytest

from backend.core.models import Job
from backend.core.services import job_run
from backend.imaging.models import Instance, SeenFile
from backend.imaging.services.sources.running import source_run_job
from tests.factories import Api

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet_bells(monkeypatch):
    """Keep doorbells away from the broker, the process edge."""
    monkeypatch.setattr("backend.core.services.ring", lambda *_, **__: True)


@pytest.fixture
def admin(ada):
    api = Api()
    api.force_login(ada)
    return api


def add(api, url, **filters):
    chosen = {"kind": "dicomweb", "url": url, "filter": filters}
    answer = api.post("/api/v1/sources", {"name": url, "settings": chosen})
    assert answer.status_code == 201, answer.content
    return answer.json()


def run_now(api, source):
    answer = api.post(f"/api/v1/sources/{source['id']}/runs").json()
    job_run(job_id=Job.objects.get(pk=answer["job_id"]).pk, handler=source_run_job)
    return api.get(f"/api/v1/sources/{source['id']}").json()["last_run"]


def test_studies_of_an_orthanc_come_in_once_and_what_is_added_later_too(
    admin, orthanc, make_phantom
):
    axial, oblique = make_phantom("axial").paths, make_phantom("oblique").paths
    orthanc.empty()
    orthanc.send(axial[:-1])
    source = add(admin, f"{orthanc.address}/dicom-web")

    first = run_now(admin, source)
    again = run_now(admin, source)
    orthanc.send([axial[-1], *oblique])
    later = run_now(admin, source)

    assert (first["state"], first["counts"]["stored"]) == ("succeeded", len(axial) - 1)
    assert (again["found"], again["skipped"]) == (0, len(axial) - 1)
    assert later["counts"]["stored"] == 1 + len(oblique)
    assert later["skipped"] == len(axial) - 1
    assert Instance.objects.count() == len(axial) + len(oblique)


def test_the_filter_narrows_and_the_test_tells(admin, orthanc, make_phantom):
    orthanc.empty()
    orthanc.send(make_phantom("axial").paths[:1])
    url = f"{orthanc.address}/dicom-web"
    nothing = add(admin, url, patient_id="NOBODY")
    asked = {"settings": {"kind": "dicomweb", "url": url}}

    assert run_now(admin, nothing)["found"] == 0
    assert admin.post("/api/v1/source-tests", asked).json()["is_good"] is True
    asked["settings"]["url"] = orthanc.address
    wrong = admin.post("/api/v1/source-tests", asked).json()
    assert wrong["is_good"] is False


class Remote(BaseHTTPRequestHandler):
    """A DICOMweb server over a few files that breaks the connection after `whole` of them."""

    files: list = []
    whole = 10**6
    asked: list = []
    bad: tuple = ()
    most = 10**6

    def do_GET(self):
        type(self).asked.append((self.path, self.headers.get("Authorization", "")))
        headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in self.files]
        place, _, query = self.path.partition("?")
        uid = place.rpartition("/")[2]
        offset = int(dict(parse_qsl(query)).get("offset", 0))
        if place.endswith("/studies"):
            self._json([self._row(each) for each in headers[:1]][offset:])
        elif place.endswith("/instances"):
            self._json([self._row(each) for each in headers][offset : offset + self.most])
        elif uid in self.bad or (self.bad and "/instances/" not in place):
            self.send_error(500)
        elif "/instances/" in place:
            paths = zip(self.files, headers, strict=True)
            self._multipart([path for path, each in paths if each.SOPInstanceUID == uid])
        else:
            self._multipart(self.files)

    def _row(self, header):
        tags = {"0020000D": "StudyInstanceUID", "0020000E": "SeriesInstanceUID"}
        tags["00080018"] = "SOPInstanceUID"
        return {tag: {"vr": "UI", "Value": [str(header[name].value)]} for tag, name in tags.items()}

    def _json(self, rows):
        content = json.dumps(rows).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/dicom+json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _multipart(self, paths):
        self.send_response(200)
        self.send_header(
            "Content-Type", 'multipart/related; type="application/dicom"; boundary=edge'
        )
        self.end_headers()
        for number, path in enumerate(paths):
            content = path.read_bytes()
            self.wfile.write(b"\r\n--edge\r\nContent-Type: application/dicom\r\n\r\n")
            self.wfile.write(content if number < self.whole else content[:200])
            if number >= self.whole:
                return
        self.wfile.write(b"\r\n--edge--\r\n")

    def log_message(self, *_):
        pass


def test_an_image_that_the_server_cannot_send_keeps_nothing_else_back(admin, remote, make_phantom):
    remote.files = make_phantom("axial").paths
    broken = pydicom.dcmread(remote.files[1], stop_before_pixels=True).SOPInstanceUID
    remote.bad = (broken,)
    source = add(admin, remote.url)

    first = run_now(admin, source)
    remote.bad = ()
    later = run_now(admin, source)

    assert (first["state"], first["counts"]["stored"]) == ("succeeded", len(remote.files) - 1)
    assert first["problem"] == (
        "1 image could not be fetched (the server answers 500); the next look asks again."
    )
    assert (later["state"], later["problem"]) == ("succeeded", None)
    assert Instance.objects.count() == len(remote.files)


def test_a_server_that_sends_nothing_is_not_asked_for_ever(admin, remote, make_phantom):
    remote.files = make_phantom("axial").paths
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in remote.files]
    remote.bad = tuple(each.SOPInstanceUID for each in headers)

    run = run_now(admin, add(admin, remote.url))

    assert run["state"] == "failed"
    assert f"{len(remote.files)} images could not be fetched" in run["problem"]
    assert len([path for path, _ in remote.asked if "/instances/" in path]) == 10


def test_a_server_that_gives_fewer_results_than_asked_for_is_asked_on(
    admin, remote, make_phantom, tmp_path
):
    dataset = pydicom.dcmread(make_phantom("axial").paths[0])
    for number in range(30):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        dataset.InstanceNumber = number
        dataset.save_as(tmp_path / f"{number}.dcm")
        remote.files.append(tmp_path / f"{number}.dcm")
    remote.most = 25

    run = run_now(admin, add(admin, remote.url))

    assert (run["state"], run["skipped"]) == ("succeeded", 0)
    found = [path for path, _ in remote.asked if "/instances?" in path]
    assert [dict(parse_qsl(path.partition("?")[2])).get("offset") for path in found] == [None, "25"]


@pytest.fixture
def remote():
    handler = type("Handler", (Remote,), {"files": [], "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.url = f"http://127.0.0.1:{server.server_port}/dicom-web"
    yield handler
    server.shutdown()
    server.server_close()


def test_a_connection_that_breaks_keeps_what_came_and_the_next_look_fetches_the_rest(
    admin, remote, make_phantom, monkeypatch
):
    monkeypatch.setattr("backend.imaging.services.ingest.BATCH", 2)
    remote.files = make_phantom("axial").paths
    remote.whole = 3
    source = add(admin, remote.url)

    broken = run_now(admin, source)
    remote.whole = 10**6
    remote.asked.clear()
    mended = run_now(admin, source)

    assert broken["state"] == "failed"
    assert (broken["counts"]["stored"], SeenFile.objects.count() >= 2) == (2, True)
    assert mended["state"] == "succeeded"
    assert Instance.objects.count() == len(remote.files)
    assert mended["counts"]["duplicate"] == 0
    fetched = [path for path, _ in remote.asked if "/instances/" in path]
    assert len(fetched) == len(remote.files) - 2


def test_the_password_travels_only_as_basic_authorization(admin, remote, make_phantom):
    remote.files = make_phantom("axial").paths[:1]
    asked = {
        "settings": {"kind": "dicomweb", "url": remote.url, "user": "limn"},
        "secrets": {"password": "plain-words"},
    }

    answer = admin.post("/api/v1/source-tests", asked).json()

    assert answer["is_good"] is True
    path, authorization = remote.asked[0]
    assert authorization.startswith("Basic ")
    assert "plain-words" not in path


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://[fe80::1]/x"])
def test_link_local_addresses_are_never_asked(admin, url):
    answer = admin.post(
        "/api/v1/source-tests", {"settings": {"kind": "dicomweb", "url": url}}
    ).json()

    assert answer["is_good"] is False
    assert "link-local" in answer["sentence"]


def test_a_server_that_is_not_there_is_told_in_a_sentence(admin):
    asked = {"settings": {"kind": "dicomweb", "url": "http://127.0.0.1:9/dicom-web"}}

    answer = admin.post("/api/v1/source-tests", asked).json()

    assert answer["sentence"] == "The server cannot be reached (no connection)."
