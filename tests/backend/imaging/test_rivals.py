"""A file with the identifier of a stored one: beside it, never over it, and a person decides."""

import hashlib

import pydicom
import pytest
from pydicom.uid import RLELossless

from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.imaging.models import Grid, IngestItem, Instance, QuarantinedFile, Series
from backend.imaging.services import store
from tests.factories import api_of

pytestmark = pytest.mark.django_db


def fates(run):
    items = IngestItem.objects.filter(run=run).order_by("name")
    return [(item.outcome, item.code) for item in items]


def changed(path, target, change):
    """Write a copy of a file with something else in it."""
    dataset = pydicom.dcmread(path)
    change(dataset)
    target.parent.mkdir(exist_ok=True)
    dataset.save_as(target)
    return target


def blacken(dataset):
    dataset.PixelData = bytes(len(dataset.PixelData))


@pytest.fixture
def bob_has(bob, make_phantom, take_in):
    """Return the paths of a series that Bob has brought in."""
    paths = make_phantom("axial").paths
    take_in(paths[0].parent, actor=Actor(user_id=bob.pk))
    return paths


@pytest.fixture
def second(bob, bob_has, take_in, tmp_path):
    """Return Bob's second delivery: three of the files with other pixels."""
    for number in range(3):
        changed(bob_has[number], tmp_path / "second" / f"{number}.dcm", blacken)
    return take_in(tmp_path / "second", actor=Actor(user_id=bob.pk))


def test_other_pixels_wait_in_quarantine_and_the_stored_one_is_as_before(second, bob_has):
    assert fates(second) == [("quarantined", "imaging.uid_reused")] * 3
    assert second.counts["quarantined"] == 3
    for path in bob_has[:3]:
        uid = pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID
        stored = Instance.objects.get(sop_uid=uid)
        assert blob_store().local_path(stored.blob_sha256).read_bytes() == path.read_bytes()
        rival = QuarantinedFile.objects.get(sop_uid=uid)
        assert rival.file_sha256 != stored.blob_sha256
        assert blob_store().exists(rival.file_sha256)
    assert Grid.objects.get().frame_count == 12


def test_sent_once_more_it_waits_once(second, bob, take_in, tmp_path):
    again = take_in(tmp_path / "second", actor=Actor(user_id=bob.pk))

    assert fates(again) == [("quarantined", "imaging.uid_reused")] * 3
    assert QuarantinedFile.objects.count() == 3


def test_a_rival_without_its_last_bytes_is_compared_like_any(bob, bob_has, take_in, tmp_path):
    """Cut off just behind its frame: everything but the end of the pixel data is there."""
    target = tmp_path / "cut" / "0.dcm"

    def change(dataset):
        blacken(dataset)
        dataset.compress(RLELossless, generate_instance_uid=False)

    changed(bob_has[0], target, change)
    target.write_bytes(target.read_bytes()[:-8])
    take_in(target.parent, actor=Actor(user_id=bob.pk))
    browser, row = api_of(bob), QuarantinedFile.objects.get()

    found = browser.get(f"/api/v1/quarantine/{row.pk}/comparison").json()
    picture = browser.get(f"/api/v1/quarantine/{row.pk}/picture?frame=1")

    assert found["pixels"]["differing"] > 0
    assert not [each for each in found["differences"] if each["name"] == "Image Type"]
    assert picture.status_code == 200
    assert picture["Content-Type"] == "image/png"


def test_both_can_be_looked_at_and_compared(second, bob):
    browser, row = api_of(bob), QuarantinedFile.objects.first()
    place = f"/api/v1/quarantine/{row.pk}"

    told = browser.get(place).json()
    found = browser.get(f"{place}/comparison").json()

    assert told["choices"] == ["keep_both", "discard"]
    assert told["reason"] == "Another image with the same SOP Instance UID is stored already."
    assert found["pixels"]["differing"] > 0
    assert "of the pixels differ" in found["sentence"]
    sent = browser.get(f"{place}/picture?of=sent")
    stored = browser.get(f"{place}/picture?of=stored")
    assert (sent.status_code, stored.status_code) == (200, 200)
    assert sent.content != stored.content


def test_keeping_both_gives_a_whole_series_of_its_own(second, bob):
    row = QuarantinedFile.objects.first()
    body = {"decision": "keep_both", "whole_run": True}

    answer = api_of(bob).post(f"/api/v1/quarantine/{row.pk}/decide", body)

    assert (answer.status_code, answer.json()["state"]) == (200, "kept_both")
    assert set(QuarantinedFile.objects.values_list("state", flat=True)) == {"kept_both"}
    assert fates(second) == [("stored", "")] * 3
    first, other = Series.objects.order_by("instance_count").values_list("uid", "instance_count")
    assert (first[1], other[1]) == (3, 12)
    new = Series.objects.get(uid=first[0])
    assert new.description.endswith("(sent again)")
    assert new.grids.get().frame_count == 3
    assert new.study.instance_count == 15


def test_discarding_leaves_nothing_of_it(second, bob):
    row = QuarantinedFile.objects.first()
    browser = api_of(bob)

    assert (
        browser.post(f"/api/v1/quarantine/{row.pk}/decide", {"decision": "release"}).status_code
        == 422
    )
    answer = browser.post(f"/api/v1/quarantine/{row.pk}/decide", {"decision": "discard"})

    assert answer.json()["state"] == "discarded"
    assert Instance.objects.count() == 12
    assert (
        browser.post(f"/api/v1/quarantine/{row.pk}/decide", {"decision": "keep_both"}).status_code
        == 409
    )


@pytest.mark.parametrize("change", ["header", "encoding"])
def test_the_same_image_in_other_words_is_no_rival(change, bob, bob_has, take_in, tmp_path):
    def say_it_otherwise(dataset):
        if change == "header":
            dataset.SeriesDescription = "with another name"
        else:
            dataset.compress(RLELossless, generate_instance_uid=False)

    changed(bob_has[0], tmp_path / "in-other-words" / "a.dcm", say_it_otherwise)
    run = take_in(tmp_path / "in-other-words", actor=Actor(user_id=bob.pk))

    assert fates(run) == [("rejected", "imaging.same_image")]
    assert QuarantinedFile.objects.count() == 0


def test_a_stranger_learns_nothing_of_the_stored_one(charlie, bob_has, take_in, tmp_path):
    def into_a_study_of_their_own(dataset):
        blacken(dataset)
        dataset.StudyInstanceUID = "1.2.3.4.5"
        dataset.SeriesInstanceUID = "1.2.3.4.6"

    changed(bob_has[0], tmp_path / "theirs" / "a.dcm", into_a_study_of_their_own)
    take_in(tmp_path / "theirs", actor=Actor(user_id=charlie.pk))
    row = QuarantinedFile.objects.get()

    found = api_of(charlie).get(f"/api/v1/quarantine/{row.pk}/comparison").json()

    assert (found["study_id"], found["differences"], found["pixels"]) == (None, [], None)
    picture = api_of(charlie).get(f"/api/v1/quarantine/{row.pk}/picture?of=stored")
    assert picture.status_code == 404


def test_bytes_of_an_instance_that_goes_meanwhile_are_kept_after_all(
    bob, bob_has, take_in, monkeypatch
):
    """Between the look for known instances and the rows somebody undoes the first delivery."""
    index = store._index
    sha256 = Instance.objects.order_by("pk").first().blob_sha256

    def undone_meanwhile(*given):
        gone = Instance.objects.filter(blob_sha256=sha256)
        Grid.objects.all().delete()
        gone.delete()
        blob_store().delete(sha256)
        return index(*given)

    monkeypatch.setattr(store, "_index", undone_meanwhile)
    path = next(p for p in bob_has if hashlib.sha256(p.read_bytes()).hexdigest() == sha256)
    run = take_in(path, actor=Actor(user_id=bob.pk))

    assert fates(run) == [("stored", "")]
    assert blob_store().exists(sha256)
