"""What is left lying about is removed, and nothing that is still needed."""

import os
import time
from datetime import timedelta

import pytest
from django.core.management import call_command

from backend.core.actor import Actor
from backend.imaging.models import Upload
from backend.imaging.selectors.cache import cache_find, cache_put, cache_trim
from backend.imaging.services import run_open
from backend.imaging.services.tidy import UPLOAD_SECONDS, uploads_sweep
from backend.imaging.services.uploads import upload_create

pytestmark = pytest.mark.django_db


def part_of(upload, settings, seconds):
    path = settings.LIMN_UPLOADS / f"{upload.pk}.part"
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def begin(actor):
    run = run_open(actor=actor, source="browser")
    return upload_create(actor=actor, run_id=run.pk, name="a.dcm", size=100)


def test_an_upload_that_nobody_went_on_with_is_removed(ada, settings):
    old, busy, young = (begin(Actor(user_id=ada.pk, is_admin=True)) for _ in range(3))
    Upload.objects.filter(pk=busy.pk).update(state="ingesting")
    paths = [part_of(each, settings, UPLOAD_SECONDS + 60) for each in (old, busy)]
    paths.append(part_of(young, settings, 3600))

    assert uploads_sweep() == 1
    assert [path.exists() for path in paths] == [False, True, True]


def test_the_cache_gives_up_what_was_not_used_for_longest(settings, tmp_path):
    settings.LIMN_CACHE_BYTES = 1000
    paths = [settings.LIMN_CACHE / "renditions" / str(n) for n in range(5)]
    for place, path in enumerate(paths):
        cache_put(path, bytes(300))
        then = time.time() - timedelta(hours=10 - place).total_seconds()
        os.utime(path, (then, then))
    assert cache_find(paths[0]) == paths[0]

    assert cache_trim() == 900
    assert [path.exists() for path in paths] == [True, False, False, False, True]
    assert cache_trim() == 0


def test_the_command_tells_what_it_removed(capsys):
    call_command("sweep")

    told = capsys.readouterr().out
    assert "Removed 0 stored files, 0 broken-off uploads and 0 MiB of cache." in told
