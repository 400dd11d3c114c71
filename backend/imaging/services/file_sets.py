"""What an index of files names is compared with what has come, when a delivery is complete."""

from backend.core.blobs import BlobMissing
from backend.imaging.domain.convert.delivery import name_in_delivery
from backend.imaging.domain.file_sets import Listed, listed_in, missing_of
from backend.imaging.domain.rejections import Rejected
from backend.imaging.models import IngestItem, IngestRun, Instance
from backend.imaging.selectors.frames import local_file
from backend.imaging.services.foreign import INDEX

SHOWN = 3
LONGEST_REASON = 500


def indexes_compare(run: IngestRun) -> None:
    """Say of each index of a delivery what it names and is not here; its bytes are not kept on."""
    indexes = list(IngestItem.objects.filter(run=run, code=INDEX, outcome="kept"))
    if not indexes:
        return
    arrived = IngestItem.objects.filter(run=run).exclude(pk__in=[item.pk for item in indexes])
    names = {name_in_delivery(name) for name in arrived.values_list("name", flat=True)}
    for item in indexes:
        word = _word(item, names)
        item.code, item.reason, item.next_step = word.code, word.reason, word.next_step
        item.sha256 = ""
        item.save(update_fields=["code", "reason", "next_step", "sha256"])


def _word(item: IngestItem, names: set[str]) -> Rejected:
    try:
        listed = listed_in(local_file(item.sha256))
    except (ValueError, BlobMissing, OSError):
        return Rejected("imaging.dicomdir_unread")
    if not listed:
        return Rejected("imaging.dicomdir_missing", why="it names no file at all")
    missing = missing_of(listed, name_in_delivery(item.name), names, _known(listed))
    total = _files(len(listed))
    if not missing:
        return Rejected("imaging.dicomdir_complete", why=f"all of the {total} it names")
    shown = ", ".join(missing[:SHOWN]) + (" and others" if len(missing) > SHOWN else "")
    not_here = "is" if len(missing) == 1 else "are"
    why = f"of the {total} it names, {len(missing)} {not_here} not here ({shown})"
    return Rejected("imaging.dicomdir_missing", why=why[: LONGEST_REASON - 80])


def _files(count: int) -> str:
    return "one file" if count == 1 else f"{count} files"


def _known(listed: list[Listed]) -> set[str]:
    """Return which of the objects that an index names are stored, from whichever delivery."""
    wanted = [each.sop_uid for each in listed if each.sop_uid]
    stored = Instance.objects.filter(sop_uid__in=wanted)
    return set(stored.values_list("sop_uid", flat=True))
