"""kill -9 in the middle of an ingest, between the bytes and their rows.

The process stops there without a hook in the code: it waits for a table that the test has locked.
"""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from backend.imaging.models import IngestItem, Instance, Study
from tests.conftest import ROOT

PATIENCE = 60.0


@contextlib.contextmanager
def ingesting(folder, blobs):
    """Run `manage.py ingest` in a process of its own; it is dead afterwards."""
    test_database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(test_database)
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "LIMN_BLOBS": str(blobs),
        "LIMN_DATA": str(blobs.parent),
        "LIMN_TEST_RUNNING": "1",
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "ingest", str(folder)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(condition, process):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, process.stdout.read().decode()
        assert time.monotonic() < until
        time.sleep(0.02)


def stored(blobs):
    return sorted(path.name for path in Path(blobs).glob("??/??/*"))


def other_connection():
    facts = connection.settings_dict
    return psycopg.connect(
        host=facts["HOST"],
        port=facts["PORT"],
        user=facts["USER"],
        password=facts["PASSWORD"],
        dbname=facts["NAME"],
    )


@pytest.mark.django_db(transaction=True)
def test_bytes_without_rows_are_invisible_and_taken_in_by_the_next_delivery(
    make_phantom, own_store, take_in
):
    paths = make_phantom("axial").paths

    with other_connection() as holder, ingesting(paths[0].parent, own_store) as process:
        holder.execute("LOCK TABLE imaging_study IN ACCESS EXCLUSIVE MODE")
        wait_for(lambda: len(stored(own_store)) == len(paths), process)
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert Study.objects.count() == Instance.objects.count() == IngestItem.objects.count() == 0
    before = stored(own_store)
    assert before == sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)

    run = take_in(paths[0].parent)

    assert run.counts == {"stored": len(paths), "duplicate": 0, "quarantined": 0, "rejected": 0}
    assert stored(own_store) == before
    assert sorted(Instance.objects.values_list("blob_sha256", flat=True)) == before
