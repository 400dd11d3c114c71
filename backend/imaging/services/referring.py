"""What stored objects say about images, written beside their rows."""

from collections.abc import Iterable, Sequence

from backend.imaging.domain.references import Reference
from backend.imaging.models import ObjectReference


def references_write(said: Iterable[tuple[int, Sequence[Reference]]]) -> None:
    """Write down what new instances, given by key, say about others."""
    rows = [
        ObjectReference(
            instance_id=instance_pk,
            kind=reference.kind,
            series_uid=reference.series_uid,
            sop_uids=list(reference.sop_uids),
            frame_of_reference_uid=reference.frame_of_reference_uid,
            points_mm_lps=reference.points_mm_lps,
        )
        for instance_pk, references in said
        for reference in references
    ]
    if rows:
        ObjectReference.objects.bulk_create(rows)
