"""DICOMDIR: the index of a file-set, such as a disc (PS3.3 F, PS3.10 8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from backend.imaging.domain.header import is_uid

MOST_RECORDS = 250_000


@dataclass(frozen=True)
class Listed:
    """A file that an index names: its path in the file-set, and the object in it if it says so."""

    path: str
    sop_uid: str


def listed_in(path: Path) -> list[Listed]:
    """Return the files an index names, each once; raises ValueError where it cannot be read."""
    try:
        dataset = dcmread(path, force=True)
        records = list(dataset.get("DirectoryRecordSequence") or [])[:MOST_RECORDS]
        return list(dict.fromkeys(_listed(records)))
    except Exception as error:
        raise ValueError("the index cannot be read") from error


def _listed(records: list[Dataset]) -> Iterator[Listed]:
    for record in records:
        parts = record.get("ReferencedFileID")
        if not parts:
            continue
        names = (
            [str(part) for part in parts] if isinstance(parts, MultiValue | list) else [str(parts)]
        )
        uid = str(record.get("ReferencedSOPInstanceUIDInFile") or "")
        yield Listed("/".join(names), uid if is_uid(uid) else "")


def missing_of(
    listed: list[Listed], index_name: str, names: set[str], sop_uids: set[str]
) -> list[str]:
    """Return the paths that have not come: neither under their name beside the index, nor their object.

    Names compare without case and without a version mark, as discs are copied.
    """
    folder = index_name.rpartition("/")[0]
    known = {_plain(name) for name in names}
    return [
        each.path
        for each in listed
        if each.sop_uid not in sop_uids
        and _plain(f"{folder}/{each.path}" if folder else each.path) not in known
    ]


def _plain(name: str) -> str:
    return name.lower().removesuffix(".dcm").split(";", 1)[0].rstrip(".")
