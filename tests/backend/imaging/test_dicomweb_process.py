"""DICOMweb by a real web process: answers of any size in constant memory, bodies in chunks."""

import json
import uuid

import httpx
import numpy as np
import pydicom
import pytest
from pydicom.uid import EncapsulatedPDFStorage

from backend.imaging.models import Instance, Series
from tests.backend.imaging.tokens import bearer_of
from tests.backend.imaging.web_process import running_web

pytestmark = pytest.mark.django_db(transaction=True)
MOST_GROWTH_MIB = 48
INSTANCES = 1200
SIDE = 512
LARGE_HEADERS = 300
HEADER_BYTES = 1 << 20
DOCUMENT_BYTES = 160 << 20
PARTS = 'multipart/related; type="application/dicom"'


@pytest.fixture
def bearer(ada):
    return {"Authorization": f"Bearer {bearer_of(ada)}"}


@pytest.fixture
def long_series(make_phantom, take_in, tmp_path):
    """A series of many slices; all of them have the same pixels, which lie on the disk once."""
    dataset = pydicom.dcmread(make_phantom("axial").paths[0])
    dataset.Rows = dataset.Columns = SIDE
    dataset.PixelData = np.random.default_rng(0).integers(0, 4000, (SIDE, SIDE), "u2").tobytes()
    dataset.save_as(tmp_path / "slice.dcm")
    take_in(tmp_path / "slice.dcm")
    first = Instance.objects.get()
    series, size = Series.objects.select_related("study").get(), first.size_bytes
    copies = []
    for number in range(2, INSTANCES + 1):
        first.pk, first.number = None, number
        first.sop_uid = f"2.25.{uuid.UUID(int=number).int}"
        copies.append(
            Instance(**{f.attname: getattr(first, f.attname) for f in first._meta.fields})
        )
    Instance.objects.bulk_create(copies)
    return f"/dicomweb/studies/{series.study.uid}/series/{series.uid}", INSTANCES * size


def test_a_long_series_is_sent_in_constant_memory(bearer, long_series):
    path, size = long_series
    assert size > 600 << 20
    accept = {**bearer, "Accept": f"{PARTS}; transfer-syntax=*"}

    with running_web() as web:
        assert web.bytes_of("/dicomweb/studies", bearer)[0] == 200
        web.forget_peak()
        before = web.peak_mib()
        status, count = web.bytes_of(path, accept)
        growth = web.peak_mib() - before

    assert status == 200
    assert count > size
    assert growth <= MOST_GROWTH_MIB


@pytest.mark.parametrize("path", ["{series}/metadata", "instances?includefield=all"])
def test_large_headers_are_told_in_constant_memory(path, bearer, long_series):
    told = "x" * HEADER_BYTES
    some = Instance.objects.filter(number__lte=LARGE_HEADERS)
    header = json.loads(some.first().header)
    header["00204000"] = {"vr": "LT", "Value": [told]}
    some.update(header=json.dumps(header, separators=(",", ":")))
    address = f"/dicomweb/{path}".replace("/dicomweb/{series}", long_series[0])

    with running_web() as web:
        assert web.bytes_of("/dicomweb/instances?limit=1&includefield=all", bearer)[0] == 200
        web.forget_peak()
        before = web.peak_mib()
        status, count = web.bytes_of(address, bearer)
        growth = web.peak_mib() - before

    assert status == 200
    assert count > LARGE_HEADERS * HEADER_BYTES
    assert growth <= MOST_GROWTH_MIB


def test_a_large_document_is_sent_in_constant_memory(bearer, take_in, tmp_path):
    dataset = pydicom.dcmread(pydicom.data.get_testdata_file("test-SR.dcm", download=False))
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = EncapsulatedPDFStorage
    dataset.EncapsulatedDocument = bytes(range(256)) * (DOCUMENT_BYTES // 256)
    dataset.save_as(tmp_path / "document.dcm")
    take_in(tmp_path / "document.dcm")
    kept = Instance.objects.select_related("series__study").get()
    series = f"/dicomweb/studies/{kept.series.study.uid}/series/{kept.series.uid}"

    with running_web() as web:
        assert web.bytes_of("/dicomweb/studies", bearer)[0] == 200
        web.forget_peak()
        before = web.peak_mib()
        told = web.bytes_of(f"{series}/instances/{kept.sop_uid}/bulkdata/00420011", bearer)
        growth = web.peak_mib() - before

    assert told == (200, DOCUMENT_BYTES)
    assert growth <= MOST_GROWTH_MIB


def test_a_body_in_chunks_is_taken_in_as_it_comes(bearer, make_phantom):
    paths = make_phantom("axial").paths
    kind = {**bearer, "Content-Type": f"{PARTS}; boundary=edge"}

    def pieces():
        for path in paths:
            yield b"\r\n--edge\r\nContent-Type: application/dicom\r\n\r\n"
            yield path.read_bytes()
        yield b"\r\n--edge--\r\n"

    with running_web() as web:
        link = web.connection()
        link.request("POST", "/dicomweb/studies", pieces(), kind, encode_chunked=True)
        answer = link.getresponse()
        told = json.loads(answer.read())
        link.request("GET", "/healthz")
        after = link.getresponse().status

    assert (answer.status, after) == (200, 200), told
    assert len(told["00081199"]["Value"]) == len(paths)
    assert Instance.objects.count() == len(paths)


def test_orthanc_sends_over_dicomweb(bearer, orthanc, make_phantom):
    paths = make_phantom("axial").paths
    orthanc.empty()
    orthanc.send(paths)

    with running_web() as web, httpx.Client(base_url=orthanc.address, timeout=60) as there:
        limn = {"Url": f"http://127.0.0.1:{web.port}/dicomweb/", "HttpHeaders": bearer}
        there.put("/dicom-web/servers/limn", json=limn).raise_for_status()
        sent = there.post(
            "/dicom-web/servers/limn/stow",
            json={"Resources": there.get("/studies").json(), "Synchronous": True},
        )

    assert sent.status_code == 200, sent.text
    assert Instance.objects.count() == len(paths)
