"""The frame door: bytes equal pixels, and nobody without leave gets any."""

import socket

import numpy as np
import pydicom
import pytest
from django.conf import settings
from django.test import RequestFactory

from backend.accounts.models import User
from backend.core.actor import Actor
from backend.core.models import Job
from backend.imaging.domain.encode import decode_htj2k
from backend.imaging.domain.frame_token import derive_key, token_sign
from backend.imaging.frame_door import FrameDoor, _Slice
from backend.imaging.models import AudienceMember, Grid, Instance, Study
from backend.imaging.selectors.frames import FilePart
from backend.imaging.selectors.views import grid_view
from backend.imaging.services.copies import copies_later, copies_make_job
from fixtures.phantoms import PHANTOM_NAMES

pytestmark = pytest.mark.django_db


class Answer:
    """What a WSGI application answered."""

    def __init__(self, url, token="", *, door=None, **extra):
        environ = RequestFactory().get(url, **extra).environ
        environ.pop("wsgi.file_wrapper", None)
        if token:
            environ["HTTP_X_LIMN_FRAMES"] = token
        self.body = b"".join((door or FrameDoor(_inner))(environ, self._start))

    def _start(self, status, headers):
        self.status = int(status.split()[0])
        self.headers = dict(headers)


def _inner(_environ, start_response):
    start_response("200 OK", [])
    return [b"django"]


def opened(take_in, *paths):
    take_in(*paths)
    return grid_view(actor=Actor.system(), grid_id=Grid.objects.latest("created_at").pk)


@pytest.mark.parametrize("name", PHANTOM_NAMES)
def test_every_frame_arrives_exactly_as_stored(name, make_phantom, take_in):
    written = make_phantom(name)
    view = opened(take_in, written.paths[0].parent)

    served = [Answer(frame.url, view.frame_token.token) for frame in view.frames]

    assert {answer.status for answer in served} == {200}
    arrays = [np.frombuffer(answer.body, "<u2") for answer in served]
    np.testing.assert_array_equal(np.stack(arrays), written.stored_kji.reshape(len(arrays), -1))
    assert served[0].headers["Content-Type"].endswith("transfer-syntax=1.2.840.10008.1.2.1")
    assert "immutable" in served[0].headers["Cache-Control"]


@pytest.mark.parametrize("syntax", ["RLELossless", "JPEGLSLossless", "JPEG2000Lossless"])
def test_a_compressed_frame_arrives_as_its_codestream(syntax, make_phantom, take_in, tmp_path):
    path = tmp_path / "compressed.dcm"
    dataset = pydicom.dcmread(make_phantom("axial").paths[0])
    dataset.compress(getattr(pydicom.uid, syntax), generate_instance_uid=False)
    dataset.save_as(path)
    (stored,) = pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1)
    view = opened(take_in, path)

    answer = Answer(view.frames[0].url, view.frame_token.token)

    assert answer.body == bytes(stored)
    assert getattr(pydicom.uid, syntax) in answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("sample", "shape", "kind"),
    [
        ("examples_palette.dcm", (3,), np.uint8),
        ("examples_ybr_color.dcm", (3,), np.uint8),
        ("MR_small_bigendian.dcm", (), np.int16),
    ],
)
def test_what_browsers_may_misread_is_served_as_a_rendition(sample, shape, kind, take_in):
    path = pydicom.data.get_testdata_file(sample, download=False)
    view = opened(take_in, path)
    (image,) = view.images

    answer = Answer(view.frames[-1].url, view.frame_token.token)

    array = np.frombuffer(answer.body, kind).reshape(image.rows, image.columns, *shape)
    expected = pydicom.dcmread(path).pixel_array
    if sample == "examples_palette.dcm":
        expected = pydicom.pixels.apply_color_lut(expected, pydicom.dcmread(path)) >> 8
    elif sample == "examples_ybr_color.dcm":
        expected = expected[-1]
    np.testing.assert_array_equal(array, expected)
    assert image.samples_per_pixel == (3 if shape else 1)
    assert image.photometric_interpretation == ("RGB" if shape else "MONOCHROME2")


def test_without_a_token_nothing_is_served(make_phantom, take_in):
    view = opened(take_in, make_phantom("axial").paths[0])

    assert Answer(view.frames[0].url).status == 401
    assert Answer(view.frames[0].url, view.frame_token.token[:-1] + "x").status == 401


def test_a_token_opens_no_other_study(make_phantom, take_in):
    first = opened(take_in, make_phantom("axial").paths[0])
    other = opened(take_in, make_phantom("oblique").paths[0])
    url = other.frames[0].url
    mixed = f"/frames/{first.study.id}/{url.split('/', 3)[3]}"

    assert Answer(url, first.frame_token.token).status == 401
    assert Answer(mixed, first.frame_token.token).status == 404


def test_an_expired_token_says_so(make_phantom, take_in):
    view = opened(take_in, make_phantom("axial").paths[0])
    key = derive_key(settings.SECRET_KEY)
    old = token_sign(key, Study.objects.get().pk, None, 1_000_000)

    answer = Answer(view.frames[0].url, old)

    assert answer.status == 403
    assert b"frames.token_expired" in answer.body


@pytest.mark.parametrize("tail", ["0", "13", "-1", "x", "1/2"])
def test_a_frame_that_is_not_there_is_404(tail, make_phantom, take_in):
    view = opened(take_in, make_phantom("multiframe").paths[0])
    base = f"/frames/{view.study.id}/{Instance.objects.get().pk}/"

    assert Answer(base + tail, view.frame_token.token).status == 404


def test_what_the_browser_has_is_not_sent_again(make_phantom, take_in):
    view = opened(take_in, make_phantom("axial").paths[0])
    first = Answer(view.frames[0].url, view.frame_token.token)

    again = Answer(
        view.frames[0].url, view.frame_token.token, HTTP_IF_NONE_MATCH=first.headers["ETag"]
    )

    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [("bytes=0-99", 0, 100), ("bytes=100-", 100, None), ("bytes=-7", -7, None)],
)
def test_a_part_of_a_frame_is_sent_alone(asked, begin, end, make_phantom, take_in):
    view = opened(take_in, make_phantom("axial").paths[0])
    url, token = view.frames[0].url, view.frame_token.token
    whole = Answer(url, token)

    part = Answer(url, token, HTTP_RANGE=asked)
    stale = Answer(url, token, HTTP_RANGE=asked, HTTP_IF_RANGE='"another"')
    beyond = Answer(url, token, HTTP_RANGE="bytes=99999999-")

    assert (part.status, part.body) == (206, whole.body[begin:end])
    assert part.headers["Content-Range"].endswith(f"/{len(whole.body)}")
    assert (stale.status, stale.body) == (200, whole.body)
    assert beyond.status == 416


def test_leave_that_is_taken_back_ends_within_half_a_minute(
    alice, make_phantom, take_in, monkeypatch
):
    clock = [1000.0]
    monkeypatch.setattr("backend.imaging.frame_door.time.monotonic", lambda: clock[0])
    take_in(make_phantom("axial").paths[0], actor=Actor(alice.pk))
    view = grid_view(actor=Actor(alice.pk), grid_id=Grid.objects.get().pk)
    url, token, door = view.frames[0].url, view.frame_token.token, FrameDoor(_inner)
    access = f"/frames/{view.study.id}/access"

    assert [Answer(at, token, door=door).status for at in (url, access)] == [200, 204]
    AudienceMember.objects.filter(user_id=alice.pk).delete()
    at_once = [Answer(at, token, door=door).status for at in (url, access)]
    clock[0] += 30
    later = [Answer(at, token, door=door).status for at in (url, access)]

    assert at_once == [200, 401]
    assert later == [401, 401]


def test_a_closed_account_reads_nothing(ada, make_phantom, take_in):
    take_in(make_phantom("axial").paths[0])
    view = grid_view(actor=Actor(ada.pk, is_admin=True), grid_id=Grid.objects.get().pk)
    User.objects.filter(pk=ada.pk).update(is_active=False)

    assert Answer(view.frames[0].url, view.frame_token.token).status == 401


def test_a_frame_in_several_fragments_arrives_as_one_codestream(make_phantom, take_in, tmp_path):
    dataset = pydicom.dcmread(make_phantom("multiframe").paths[0])
    dataset.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
    frames = list(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=12))
    dataset.PixelData = pydicom.encaps.encapsulate(frames, fragments_per_frame=2)
    dataset.save_as(tmp_path / "split.dcm")
    view = opened(take_in, tmp_path / "split.dcm")

    served = [Answer(frame.url, view.frame_token.token) for frame in view.frames]

    kinds = {answer.headers["Content-Type"] for answer in served}
    assert len(kinds) == 1
    if "1.2.840.10008.1.2.5" in kinds.pop():
        assert sorted(answer.body for answer in served) == sorted(map(bytes, frames))
    else:
        pixels = pydicom.dcmread(tmp_path / "split.dcm").pixel_array
        assert {answer.body for answer in served} == {each.tobytes() for each in pixels}


def test_large_frames_have_copies_where_the_installation_wants_them(
    make_phantom, take_in, settings
):
    take_in(make_phantom("axial").paths[0])
    view = grid_view(actor=Actor.system(), grid_id=Grid.objects.get().pk)
    url, token = view.frames[0].url, view.frame_token.token
    plain = Answer(url, token)
    settings.LIMN_HTJ2K_COPIES_OVER = 1000

    copies_later(series_id=Grid.objects.get().series_id)
    job = Job.objects.get(kind="imaging.make_copies")
    made = copies_make_job(job, lambda *_: None)
    copy = Answer(url, token)

    assert made == {"made": 1}
    assert copies_make_job(job, lambda *_: None) == {"made": 0}
    assert copy.headers["Content-Type"] == "image/jphc; transfer-syntax=1.2.840.10008.1.2.4.202"
    assert copy.headers["ETag"] != plain.headers["ETag"]
    values = np.frombuffer(plain.body, "<u2")
    np.testing.assert_array_equal(decode_htj2k(copy.body).ravel(), values)


def test_everything_else_goes_to_django():
    assert Answer("/healthz").body == b"django"


def test_a_browser_that_goes_away_is_an_error_of_the_connection_and_no_other(tmp_path):
    (tmp_path / "file").write_bytes(bytes(1 << 20))
    here, there = socket.socketpair()
    there.close()
    body = _Slice(FilePart(tmp_path / "file", 100, 500_000))

    with here, pytest.raises(OSError, match="Broken pipe"):
        here.sendfile(body, offset=100, count=500_000)

    body.seek(500_100 - 110)
    assert len(body.read()) == 110
    body.close()
