"""Metadata as DICOM JSON text: written at ingest, with the addresses of bulk data put in."""

from collections.abc import Iterator

from django.db.models import QuerySet

from backend.imaging.domain.bulk import BULK_MARK, PIXELS
from backend.imaging.models import Instance


def headers_of(instances: QuerySet[Instance], study_url: str) -> Iterator[str]:
    """Yield the headers as they were written; what is not in them is named by its address."""
    rows = instances.select_related(None).values_list(
        "header", "series__uid", "sop_uid", "frame_count", "pixel_module__bits_allocated"
    )
    for header, series_uid, sop_uid, frames, bits in rows.iterator(chunk_size=200):
        base = f"{study_url}/series/{series_uid}/instances/{sop_uid}/bulkdata/"
        text = (
            header.replace(BULK_MARK, f'"BulkDataURI":"{base}') if BULK_MARK in header else header
        )
        if not frames:
            yield text
            continue
        vr = "OW" if bits and bits > 8 else "OB"
        yield f'{text[:-1]},"{PIXELS}":{{"vr":"{vr}","BulkDataURI":"{base}{PIXELS}"}}}}'
