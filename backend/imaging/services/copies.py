"""Copies of large frames for progressive display: lossless HTJ2K, made in the background.

A choice of the installation (`LIMN_HTJ2K_COPIES_OVER`, bytes of a frame). The original stays; the
copies lie in the cache, are trimmed with it, and are only kept if they decode to the same values.
"""

from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings

from backend.core.actor import Actor
from backend.core.errors import LimnError
from backend.core.models import Job
from backend.core.services import Progress, job_create
from backend.imaging.domain.encode import HTJ2K_PROGRESSIVE, decode_htj2k, encode_frame
from backend.imaging.models import Instance
from backend.imaging.selectors.cache import cache_find, cache_put
from backend.imaging.selectors.frames import FrameSource, copy_path, frame_array, frame_source
from backend.imaging.task_names import MAKE_COPIES


def copies_later(*, series_id: UUID) -> None:
    """Have copies made of a series' large frames, where the installation wants them."""
    if settings.LIMN_HTJ2K_COPIES_OVER:
        job_create(
            actor=Actor.system(),
            kind=MAKE_COPIES,
            queue="default",
            request={"series_id": str(series_id)},
            dedupe_key=str(series_id),
        )


def copies_make_job(job: Job, progress: Progress) -> dict[str, Any]:
    """Make the copies of a series that are not there; a second run goes on where one stopped."""
    rows = Instance.objects.filter(series_id=job.request["series_id"], frame_count__gt=0)
    keys = list(rows.order_by("number", "pk").values_list("pk", flat=True))
    made = 0
    for place, pk in enumerate(keys):
        source = frame_source(pk)
        if source is not None and _is_worth_it(source):
            made += sum(_make(source, number) for number in range(1, source.frames + 1))
        progress((place + 1) / len(keys), "Copies for progressive display")
    return {"made": made}


def _is_worth_it(source: FrameSource) -> bool:
    """Tell whether a source is grey, served as stored and uncompressed, and its frames are large."""
    if not source.exact or source.served["samples_per_pixel"] != 1 or not source.is_native:
        return False
    return source.largest_run > settings.LIMN_HTJ2K_COPIES_OVER


def _make(source: FrameSource, number: int) -> bool:
    path = copy_path(source.sha256, number)
    if cache_find(path) is not None:
        return False
    try:
        values = frame_array(source, number)
    except LimnError:
        return False
    copy = encode_frame(values, HTJ2K_PROGRESSIVE)
    if not np.array_equal(decode_htj2k(copy), values):
        return False
    cache_put(path, copy)
    return True
