"""Metadata as DICOM JSON text: written at ingest, with the addresses of bulk data put in."""

import re
from collections.abc import Iterator

from django.db.models import QuerySet

from backend.imaging.domain.bulk import BULK_MARK, pixels_elsewhere
from backend.imaging.models import Instance

# JSON is UTF-8, whatever the file was written in (PS3.18 F.2); no text can hold these signs.
_CHARACTER_SET = re.compile(r'"00080005":\{"vr":"CS"[^}]*\}')
_UTF_8 = '"00080005":{"vr":"CS","Value":["ISO_IR 192"]}'
# Headers of volumes in one file hold megabytes, so that only so many are in memory at once.
FETCHED_AT_ONCE = 10


def headers_of(instances: QuerySet[Instance], study_url: str) -> Iterator[str]:
    """Yield the headers as they were written; what is not in them is named by its address."""
    rows = instances.select_related(None).values_list(
        "header", "series__uid", "sop_uid", "frame_count", "pixel_module__bits_allocated"
    )
    for header, series_uid, sop_uid, frames, bits in rows.iterator(chunk_size=FETCHED_AT_ONCE):
        url = f"{study_url}/series/{series_uid}/instances/{sop_uid}"
        text = addressed(header, url)
        if not frames:
            yield text
            continue
        yield f"{text[:-1]},{pixels_elsewhere(header, bits, f'{url}/bulkdata/')}}}"


def addressed(header: str, url: str) -> str:
    """Return a header for those who read it as JSON; `url` is the address of its instance."""
    if BULK_MARK in header:
        header = header.replace(BULK_MARK, f'"BulkDataURI":"{url}/bulkdata/')
    return _CHARACTER_SET.sub(_UTF_8, header)
