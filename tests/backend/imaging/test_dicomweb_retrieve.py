"""WADO-RS: negotiated, transcoded without loss, rendered; the same frames as Orthanc's."""

import io
import json
from pathlib import Path

import httpx
import numpy as np
import pydicom
import pytest
from django.test import Client
from PIL import Image
from pydicom import uid as uids

from backend.core.errors import Unavailable
from backend.imaging.models import Instance, Series
from tests.backend.imaging.dicomweb_client_of import dicomweb_client, parts_of
from tests.backend.imaging.orthanc import orthanc_program, running_orthanc
from tests.backend.imaging.tokens import bearer_of

pytestmark = pytest.mark.django_db
SAMPLES = ["MR_small_RLE.dcm", "CT_small.dcm"]


@pytest.fixture
def web(ada):
    return Client(headers={"Authorization": f"Bearer {bearer_of(ada)}"})


def sample(name):
    return pydicom.data.get_testdata_file(name, download=False)


def address(instance):
    series = instance.series
    return f"/dicomweb/studies/{series.study.uid}/series/{series.uid}/instances/{instance.sop_uid}"


def read(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "examples_jpeg2k.dcm"])
@pytest.mark.parametrize("syntax", [uids.ExplicitVRLittleEndian, uids.JPEGLSLossless, uids.HTJ2KLossless])  # fmt: skip
def test_instances_are_made_in_the_syntax_that_is_accepted(name, syntax, web, take_in):
    take_in(sample(name))
    place = address(Instance.objects.get())
    accept = {"Accept": f"application/dicom; transfer-syntax={syntax}"}

    answers = [web.get(place, headers=accept) for _ in range(2)]

    first, again = (read(answer) for answer in answers)
    back = pydicom.dcmread(io.BytesIO(first))
    assert again == first
    assert answers[0]["Content-Type"].endswith(f"transfer-syntax={syntax}")
    assert back.file_meta.TransferSyntaxUID == syntax
    np.testing.assert_array_equal(back.pixel_array, pydicom.dcmread(sample(name)).pixel_array)


def test_a_signed_multiframe_survives_every_lossless_syntax(web, make_phantom, take_in):
    written = make_phantom("multiframe")
    take_in(written.paths[0])
    place = address(Instance.objects.get())
    truth = pydicom.dcmread(written.paths[0]).pixel_array

    for syntax in (uids.JPEGLSLossless, uids.HTJ2KLosslessRPCL):
        accept = {
            "Accept": f'multipart/related; type="application/dicom"; transfer-syntax={syntax}'
        }
        ((kind, body),) = parts_of(web.get(place, headers=accept))
        back = pydicom.dcmread(io.BytesIO(body))
        assert kind.endswith(syntax)
        np.testing.assert_array_equal(back.pixel_array, truth)


def test_worth_and_wildcards_decide_between_alternatives(web, take_in):
    take_in(sample("MR_small_RLE.dcm"))
    place = address(Instance.objects.get()) + "/frames/1"
    jls, rle = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5"
    asked = {
        f"image/jls; transfer-syntax={jls}; q=0.3, image/dicom-rle; transfer-syntax={rle}; q=0.9": rle,
        f"image/dicom-rle; q=0, image/jls; transfer-syntax={jls}; q=0.1": jls,
        'multipart/related; type="application/octet-stream"; transfer-syntax=*': rle,
        "application/octet-stream": "1.2.840.10008.1.2.1",
    }

    told = {accept: web.get(place, headers={"Accept": accept}) for accept in asked}

    for accept, syntax in asked.items():
        answer = told[accept]
        kind = parts_of(answer)[0][0] if "multipart" in accept else answer["Content-Type"]
        assert kind.endswith(f"transfer-syntax={syntax}"), accept


def test_the_address_may_say_what_is_accepted_and_a_refusal_outweighs_a_wildcard(
    web, make_phantom, take_in
):
    take_in(make_phantom("axial").paths[0])
    place = address(Instance.objects.get())
    dicom, jpeg = "application/dicom", "1.2.840.10008.1.2.4.50"
    plain = f"{dicom}; transfer-syntax=1.2.840.10008.1.2.1"
    asked = {
        ("/rendered?accept=image/png", "image/webp,*/*;q=0.8"): "image/png",
        ("/rendered?accept=image/gif", "image/webp"): "image/webp",
        ("/rendered?accept=image/gif,image/png;q=0.5", ""): "image/png",
        ("/rendered", "image/jpeg;q=0, */*"): "image/png",
        ("/metadata?accept=application/json", "*/*"): "application/json",
        (f"?accept={dicom}", "text/html"): plain,
        ("", f"multipart/related; type={dicom}; transfer-syntax={jpeg}, {dicom}"): plain,
    }

    told = {each: web.get(place + each[0], headers={"Accept": each[1]}) for each in asked}

    assert {each: answer["Content-Type"] for each, answer in told.items()} == asked


def test_without_a_syntax_files_are_sent_plain_and_with_any_as_they_are(web, take_in, monkeypatch):
    take_in(sample("MR_small_RLE.dcm"))
    place = address(Instance.objects.get())
    parts = 'multipart/related; type="application/dicom"'

    plain = parts_of(web.get(place, headers={"Accept": parts}))[0]
    stored = parts_of(web.get(place, headers={"Accept": f"{parts}; transfer-syntax=*"}))[0]

    assert plain[0].endswith(f"transfer-syntax={uids.ExplicitVRLittleEndian}")
    assert stored[1] == Path(sample("MR_small_RLE.dcm")).read_bytes()

    def cannot(*_):
        raise Unavailable("The image could not be decoded.")

    monkeypatch.setattr("backend.imaging.selectors.originals.instance_as", cannot)
    assert parts_of(web.get(place, headers={"Accept": parts}))[0] == stored
    insisting = {"Accept": f"application/dicom; transfer-syntax={uids.JPEGLSLossless}"}
    assert web.get(place, headers=insisting).status_code == 503


@pytest.mark.parametrize(
    ("name", "media"),
    [("SC_rgb_jpeg_dcmtk.dcm", "image/jpeg"), ("JPEG2000.dcm", "image/jp2"), ("MR_small_RLE.dcm", "image/dicom-rle")],
)  # fmt: skip
def test_frames_are_sent_as_the_image_that_they_are(name, media, web, take_in):
    take_in(sample(name))
    dataset = pydicom.dcmread(sample(name))
    syntax = dataset.file_meta.TransferSyntaxUID
    place = f"{address(Instance.objects.get())}/frames/1"

    for accept in (media, f"{media}; transfer-syntax={syntax}", f"{media}; transfer-syntax=*"):
        answer = web.get(place, headers={"Accept": accept})
        assert answer["Content-Type"] == f"{media}; transfer-syntax={syntax}", accept
        assert read(answer) == pydicom.encaps.get_frame(dataset.PixelData, 0, number_of_frames=1)


@pytest.mark.parametrize("tail", ["", "/frames/1", "/rendered", "/metadata", "/thumbnail"])
def test_what_cannot_be_sent_is_refused_with_what_there_is(tail, web, make_phantom, take_in):
    take_in(make_phantom("axial").paths[0])

    answer = web.get(address(Instance.objects.get()) + tail, headers={"Accept": "video/mp4"})

    assert answer.status_code == 406
    assert answer["Content-Type"] == "application/problem+json"
    assert any(word in answer.json()["detail"] for word in ("application/", "image/"))


def test_pictures_are_made_at_every_level_as_asked(web, make_phantom, take_in):
    take_in(make_phantom("axial").paths[0].parent)
    instance = Instance.objects.first()
    study = f"/dicomweb/studies/{instance.series.study.uid}"
    series = f"{study}/series/{instance.series.uid}"

    for place in (study, series, address(instance), f"{address(instance)}/frames/1"):
        picture = Image.open(io.BytesIO(read(web.get(f"{place}/rendered?viewport=64,64"))))
        small = Image.open(io.BytesIO(read(web.get(f"{place}/thumbnail"))))
        assert (picture.format, max(picture.size), small.format) == ("JPEG", 64, "JPEG")
    every = {"Accept": 'multipart/related; type="image/png"'}
    assert len(parts_of(web.get(f"{series}/rendered", headers=every))) == Instance.objects.count()
    for preview in (f"studies/{instance.series.study.pk}", f"series/{instance.series.pk}"):
        assert read(web.get(f"/api/v1/{preview}/thumbnail"))[8:12] == b"WEBP"


def test_a_window_turns_values_into_grey_by_the_rule_it_names(web, make_phantom, take_in):
    written = make_phantom("axial")
    take_in(written.paths[0])
    dataset = pydicom.dcmread(written.paths[0])
    shown = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    place, png = address(Instance.objects.get()), {"Accept": "image/png"}

    answer = web.get(f"{place}/rendered?window=40,400,linear", headers=png)

    expected = np.clip((shown - 39.5) / 399 + 0.5, 0, 1) * 255
    got = np.asarray(Image.open(io.BytesIO(read(answer))))
    assert np.abs(got.astype(float) - expected).max() <= 1
    for wrong in (
        "window=1",
        "window=1,0,linear",
        "viewport=0,5",
        "quality=101",
        "annotation=patient",
    ):
        refused = web.get(f"{place}/rendered?{wrong}")
        assert (wrong, refused.status_code) == (wrong, 400)


@pytest.mark.parametrize("syntax", [uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian])
def test_pixels_of_floating_point_are_sent_as_what_they_are(
    syntax, web, make_phantom, take_in, tmp_path
):
    dataset = pydicom.dcmread(make_phantom("axial").paths[0])
    values = np.arange(dataset.Rows * dataset.Columns, dtype="<f4") / 7
    for keyword in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(dataset, keyword)
    dataset.BitsAllocated, dataset.FloatPixelData = 32, values.tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "float.dcm", implicit_vr=syntax.is_implicit_VR, little_endian=True)
    take_in(tmp_path / "float.dcm")
    place = address(Instance.objects.get())

    (told,) = json.loads(read(web.get(f"{place}/metadata")))
    sent = read(web.get(place, headers={"Accept": "application/dicom"}))

    assert told["7FE00008"]["vr"] == "OF"
    assert "7FE00010" not in told
    assert read(web.get(told["7FE00008"]["BulkDataURI"])) == values.tobytes()
    back = pydicom.dcmread(io.BytesIO(sent))
    assert back.file_meta.TransferSyntaxUID == uids.ExplicitVRLittleEndian
    np.testing.assert_array_equal(back.pixel_array.ravel(), values)


def test_a_big_endian_file_is_turned_for_who_reads_little(web, take_in, tmp_path):
    dataset = pydicom.dcmread(sample("MR_small_bigendian.dcm"))
    dataset.add_new(0x00281201, "OW", b"\0\1\0\2")
    dataset.save_as(tmp_path / "big.dcm")
    take_in(tmp_path / "big.dcm")

    sent = read(web.get(address(Instance.objects.get()), headers={"Accept": "application/dicom"}))

    back = pydicom.dcmread(io.BytesIO(sent))
    assert back.file_meta.TransferSyntaxUID == uids.ExplicitVRLittleEndian
    np.testing.assert_array_equal(back.pixel_array, dataset.pixel_array)
    assert (back.Rows, back[0x00281201].value) == (dataset.Rows, b"\1\0\2\0")
    value = f"{address(Instance.objects.get())}/bulkdata/00281201"
    assert read(web.get(value)) == b"\1\0\2\0"


def test_a_viewport_may_name_a_part_flip_it_and_leave_numbers_out(web, make_phantom, take_in):
    take_in(make_phantom("axial").paths[0])
    place, png = address(Instance.objects.get()), {"Accept": "image/png"}

    def grey(query):
        answer = web.get(f"{place}/rendered?window=40,400&{query}", headers=png)
        assert answer.status_code == 200, answer.content
        return np.asarray(Image.open(io.BytesIO(read(answer))))

    whole = grey("")
    rows, columns = whole.shape
    part = grey("viewport=10,8,4,6,10,8")

    np.testing.assert_array_equal(part, whole[6:14, 4:14])
    np.testing.assert_array_equal(grey("viewport=10,8,4,6,-10,8"), part[:, ::-1])
    np.testing.assert_array_equal(grey("viewport=10,8,4,6,10,-8"), part[::-1])
    np.testing.assert_array_equal(grey("viewport=10,8,,,10,8"), whole[:8, :10])
    np.testing.assert_array_equal(grey(f"viewport={columns - 4},{rows},4"), whole[:, 4:])
    assert grey("iccprofile=srgb").shape == whole.shape
    for wrong in ("10", "10,8,-1,0", "10,8,0,0,0,8", "10,8,1,2,3,4,5", f"10,8,{columns},0", "a,8"):
        assert web.get(f"{place}/rendered?viewport={wrong}").status_code == 400, wrong


def test_values_left_out_of_the_metadata_are_found_by_their_address(web, take_in, tmp_path):
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    item = pydicom.Dataset()
    item.add_new(0x00281201, "OW", b"\1\2" * 4000)
    dataset.add_new(0x00282000, "OB", b"\7" * 5000)
    dataset.IconImageSequence = [item]
    dataset.save_as(tmp_path / "bulk.dcm")
    take_in(tmp_path / "bulk.dcm")

    (told,) = json.loads(read(web.get(address(Instance.objects.get()) + "/metadata")))
    outer = read(web.get(told["00282000"]["BulkDataURI"], headers={"Accept": "*/*"}))
    inner = read(web.get(told["00880200"]["Value"][0]["00281201"]["BulkDataURI"]))

    assert outer == b"\7" * 5000
    assert inner == b"\1\2" * 4000
    assert web.get(address(Instance.objects.get()) + "/bulkdata/00100010").status_code == 404


@pytest.mark.parametrize("syntax", [uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian, uids.DeflatedExplicitVRLittleEndian])  # fmt: skip
def test_large_values_come_whole_from_every_kind_of_file(syntax, web, take_in, tmp_path):
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    dataset.add_new(0x00282000, "OB", bytes(range(250)) * 1000)
    dataset.add_new(0x00281054, "LO", "HU")
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "large.dcm", implicit_vr=syntax.is_implicit_VR, little_endian=True)
    take_in(tmp_path / "large.dcm")
    place = address(Instance.objects.get())

    assert read(web.get(f"{place}/bulkdata/00282000")) == bytes(range(250)) * 1000
    for absent in ("00281054", "00282001", "00282000/0/00282000"):
        assert web.get(f"{place}/bulkdata/{absent}").status_code == 404


def test_dicomweb_client_sends_and_fetches(web, make_phantom):
    client = dicomweb_client(web)
    datasets = [pydicom.dcmread(path) for path in make_phantom("oblique").paths[:2]]

    stored = client.store_instances(datasets)

    first = datasets[0]
    at = (first.StudyInstanceUID, first.SeriesInstanceUID, first.SOPInstanceUID)
    assert len(stored.ReferencedSOPSequence) == 2
    assert client.retrieve_instance(*at).pixel_array.tobytes() == first.PixelData
    assert client.retrieve_instance_frames(*at, frame_numbers=[1]) == [first.PixelData]
    assert len(client.retrieve_series_metadata(*at[:2])) == 2
    assert len(client.retrieve_study(at[0])) == 2
    assert client.retrieve_instance_rendered(*at, media_types=("image/png",))[1:4] == b"PNG"


@pytest.mark.skipif(orthanc_program() is None, reason="no Orthanc with DICOMweb on this machine")
def test_orthanc_finds_the_same_and_sends_the_same_pixels(web, make_phantom, take_in, tmp_path):
    paths = [*make_phantom("axial").paths[:4], *(sample(name) for name in SAMPLES)]
    for path in paths:
        take_in(path)
    (tmp_path / "orthanc").mkdir()
    with running_orthanc(tmp_path / "orthanc") as peer:
        peer.send([Path(path) for path in paths])
        there = httpx.Client(base_url=f"{peer.address}/dicom-web", timeout=30)
        for query in ("studies?PatientName=*", "studies?ModalitiesInStudy=MR", "series?Modality=CT",
                      "instances?SOPClassUID=1.2.840.10008.5.1.4.1.1.4"):  # fmt: skip
            tag = {"studies": "0020000D", "series": "0020000E"}.get(query.split("?")[0], "00080018")
            theirs = there.get(f"/{query}", headers={"Accept": "application/dicom+json"}).json()
            ours = web.get(f"/dicomweb/{query}").json()
            assert {e[tag]["Value"][0] for e in ours} == {e[tag]["Value"][0] for e in theirs}, query
        for instance in Instance.objects.select_related("series__study"):
            place = address(instance).removeprefix("/dicomweb") + "/frames/1"
            plain = {"Accept": 'multipart/related; type="application/octet-stream"'}
            theirs = there.get(place, headers=plain).content
            ((_, ours),) = parts_of(web.get("/dicomweb" + place, headers=plain))
            assert ours in theirs
    assert Series.objects.count() == 3
