"""A release freezes finished work and says by hash what it holds."""

import hashlib
import json

import numpy as np
import pytest

from backend.annotations.models import Document
from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.releases.domain import SplitSpec
from backend.releases.models import Release, ReleaseItem
from backend.releases.selectors import release_get, release_manifest
from backend.releases.services import NothingToRelease, release_create
from tests.backend.releases.world import Work, finish, key_of, put_phantom
from tests.factories import api_of

pytestmark = pytest.mark.django_db


def actor_of(user):
    return Actor(user_id=user.pk, is_admin=user.is_admin)


def read_manifest(user, release):
    checksum, pieces = release_manifest(actor=actor_of(user), release_id=release.pk)
    data = b"".join(pieces)
    assert hashlib.sha256(data).hexdigest() == checksum == release.checksum
    return json.loads(data)


def drawn(made):
    return {0: made.labelmap_kji.astype(np.uint16)}


def test_a_release_names_every_mask_frame_and_revision_by_hash(phantoms, alice, bob, tmp_path):
    made, grid = put_phantom("oblique", tmp_path, patient="p-7")
    document = finish(phantoms, Work(grid, drawn(made)), bob, state="accepted")

    release = release_create(actor=actor_of(alice), project_id=phantoms.pk, name="First")
    manifest = read_manifest(alice, release)

    [item] = manifest["items"]
    assert (item["document"], item["revision"]) == (str(document.pk), document.head_number)
    assert item["provenance"]["segments"]["2"]["method"] == "manual"
    assert [frame["key"] for frame in item["frames"]] == [key_of(grid, k) for k in range(12)]
    labelled = {mask["frame"] for mask in item["masks"]}
    assert labelled == {key_of(grid, k) for k in range(12) if made.labelmap_kji[k].any()}
    assert "Phantom^" not in json.dumps(manifest)
    assert "LIMN-PHANTOM" not in json.dumps(manifest)


def test_the_datasheet_counts_items_patients_and_millilitres(phantoms, dora, bob, tmp_path):
    made, grid = put_phantom("anisotropic", tmp_path, patient="p-3")
    finish(phantoms, Work(grid, drawn(made)), bob)

    release = release_create(actor=actor_of(dora), project_id=phantoms.pk)
    sheet = release_get(actor=actor_of(dora), release_id=release.pk)

    assert (sheet.item_count, sheet.patient_count, sheet.work) == (1, 1, "submitted")
    assert [person.name for person in sheet.labelled_by] == ["Bob"]
    block = next(segment for segment in sheet.segments if segment.id == 1)
    voxels = int((made.labelmap_kji == 1).sum())
    assert block.count == 1
    assert block.ml == pytest.approx(voxels * 0.7 * 1.3 * 5.0 / 1000)


def test_a_series_with_a_gap_takes_no_volume_off_the_datasheet(phantoms, dora, bob, tmp_path):
    made, grid = put_phantom("anisotropic", tmp_path / "whole", patient="p-3")
    gapped, broken = put_phantom("gapped", tmp_path / "gapped", patient="p-4")
    finish(phantoms, Work(grid, drawn(made)), bob)
    finish(phantoms, Work(broken, drawn(gapped)), bob)

    release = release_create(actor=actor_of(dora), project_id=phantoms.pk)
    sheet = release_get(actor=actor_of(dora), release_id=release.pk)

    block = next(segment for segment in sheet.segments if segment.id == 1)
    voxels = int((made.labelmap_kji == 1).sum())
    assert block.count == 2
    assert block.ml == pytest.approx(voxels * 0.7 * 1.3 * 5.0 / 1000)


def test_accepted_work_goes_before_submitted_work(phantoms, alice, bob, tmp_path):
    documents = {}
    for state in ("accepted", "submitted", "draft"):
        made, grid = put_phantom("axial", tmp_path / state)
        documents[state] = finish(phantoms, Work(grid, drawn(made)), bob, state=state)

    by_default = release_create(actor=actor_of(alice), project_id=phantoms.pk)
    all_finished = release_create(actor=actor_of(alice), project_id=phantoms.pk, work="submitted")

    assert [item.document for item in by_default.items.all()] == [documents["accepted"]]
    assert all_finished.items.count() == 2


def test_a_patients_items_are_all_in_one_split(phantoms, alice, bob, tmp_path):
    for n in range(8):
        made, grid = put_phantom("axial", tmp_path / str(n), patient=f"p-{n % 3}")
        finish(phantoms, Work(grid, drawn(made)), bob)

    split = SplitSpec(train=1, validation=1, test=1, seed=11)
    first = release_create(actor=actor_of(alice), project_id=phantoms.pk, split=split)
    again = release_create(actor=actor_of(alice), project_id=phantoms.pk, split=split)

    pairs = set(ReleaseItem.objects.filter(release=first).values_list("patient_id", "split"))
    assert len(pairs) == 3
    assert {split for _, split in pairs} == {"train", "validation", "test"}
    assert pairs == set(
        ReleaseItem.objects.filter(release=again).values_list("patient_id", "split")
    )
    assert (first.number, again.number) == (1, 2)


def test_what_happens_to_a_document_later_does_not_change_the_release(
    phantoms, alice, bob, tmp_path
):
    made, grid = put_phantom("flipped", tmp_path)
    document = finish(phantoms, Work(grid, drawn(made)), bob)
    release = release_create(actor=actor_of(alice), project_id=phantoms.pk)
    before = read_manifest(alice, release)

    Document.objects.filter(pk=document.pk).update(state="draft")

    assert read_manifest(alice, release) == before


def test_a_release_of_nothing_is_refused_with_a_sentence(phantoms, alice):
    answer = api_of(alice).post(f"/api/v1/projects/{phantoms.pk}/releases", {"name": "Empty"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "releases.nothing_accepted"
    assert "submit at least one task" in answer.json()["detail"]
    assert not Release.objects.exists()


def test_accepted_work_is_missed_by_name_when_only_submitted_work_waits(
    phantoms, alice, bob, tmp_path
):
    made, grid = put_phantom("axial", tmp_path)
    finish(phantoms, Work(grid, drawn(made)), bob)
    with pytest.raises(NothingToRelease, match="1 submitted task waits for review"):
        release_create(actor=actor_of(alice), project_id=phantoms.pk, work="accepted")


def test_who_may_release_and_who_sees_nothing(phantoms, vera, charlie):
    with pytest.raises(Forbidden):
        release_create(actor=actor_of(vera), project_id=phantoms.pk)
    with pytest.raises(NotFound):
        release_create(actor=actor_of(charlie), project_id=phantoms.pk)


def test_the_doors_list_show_and_stream(phantoms, alice, charlie, bob, tmp_path):
    made, grid = put_phantom("gapped", tmp_path)
    finish(phantoms, Work(grid, drawn(made)), bob)
    api = api_of(alice)
    body = {"name": "Öl", "split": {"train": 8, "validation": 1, "test": 1, "seed": 3}}

    made_release = api.post(f"/api/v1/projects/{phantoms.pk}/releases", body).json()
    listed = api.get(f"/api/v1/projects/{phantoms.pk}/releases").json()
    manifest = api.get(made_release["manifest_url"])

    assert listed["results"] == [made_release]
    assert made_release["segments"][0]["ml"] is None  # a gap: no affine, no volume
    assert hashlib.sha256(manifest.getvalue()).hexdigest() == made_release["checksum"]
    assert api_of(charlie).get(made_release["manifest_url"]).status_code == 404
    assert api_of(charlie).get(f"/api/v1/projects/{phantoms.pk}/releases").status_code == 404
