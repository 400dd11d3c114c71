"""Bytes erased while somebody sends the same: what is stored afterwards has its bytes."""

import threading

import pydicom
import pytest
from django.db import connection, transaction

from backend.core.blobs import blob_store
from backend.core.erasing import blobs_erase, erasures_hold
from backend.imaging.models import IngestItem, Instance
from backend.imaging.services import store
from tests.backend.imaging.tokens import bearer_of


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["folder", "stow"])
def test_bytes_erased_under_a_sender_are_kept_once_more(
    how, ada, client, make_phantom, take_in, monkeypatch
):
    """The object was there when the sender looked, and is gone when the rows are written."""
    path = make_phantom("axial").paths[0]
    content = path.read_bytes()
    ref = blob_store().put([content])
    real = store.batch_keep

    def erased_after(*given):
        found = real(*given)
        assert blobs_erase({ref.sha256}) == [ref.sha256]
        return found

    monkeypatch.setattr(store, "batch_keep", erased_after)
    if how == "folder":
        take_in(path)
    else:
        answer = client.post(
            "/dicomweb/studies",
            content,
            content_type="application/dicom",
            headers={"Authorization": f"Bearer {bearer_of(ada)}"},
        )
        assert answer.status_code == 200, answer.content

    assert IngestItem.objects.get().outcome == "stored"
    assert Instance.objects.get().blob_sha256 == ref.sha256
    assert b"".join(blob_store().chunks(ref.sha256)) == content
    assert pydicom.dcmread(blob_store().local_path(ref.sha256)).SOPInstanceUID


@pytest.mark.django_db(transaction=True)
def test_an_erasure_waits_for_rows_that_are_being_written(make_phantom, take_in):
    path = make_phantom("axial").paths[0]
    take_in(path)
    sha256 = Instance.objects.get().blob_sha256
    row = Instance.objects.get()
    removed: list[list[str]] = []

    def erase():
        try:
            removed.append(blobs_erase({sha256}))
        finally:
            connection.close()

    IngestItem.objects.all().delete()
    row.delete()
    with transaction.atomic():
        erasures_hold()
        eraser = threading.Thread(target=erase)
        eraser.start()
        _wait_until_it_waits()
        row.pk = None
        row.save(force_insert=True)
    eraser.join(timeout=20)

    assert removed == [[]]
    assert blob_store().exists(sha256)


def _wait_until_it_waits():
    """Return once another session stands before the lock."""
    with connection.cursor() as cursor:
        for _ in range(2000):
            cursor.execute(
                "SELECT count(*), pg_sleep(0.005) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("The erasure did not wait.")
