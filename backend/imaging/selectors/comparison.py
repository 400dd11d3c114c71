"""A file in quarantine beside the stored one whose SOP Instance UID it carries."""

from pathlib import Path
from uuid import UUID

import numpy as np
from pydicom import dcmread
from pydicom.datadict import dictionary_description, dictionary_has_tag
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.deidentify.redact import frame_pictures
from backend.imaging.domain.messages_deid import ComparisonOut, DifferenceOut
from backend.imaging.selectors.frames import local_file
from backend.imaging.selectors.quarantine import UID_REUSED, quarantined_get, rival_of
from ml_worker.pixels.whole_file import read_whole

MOST_FRAMES = 8
MOST_DIFFERENCES = 200
_LONGEST = 200
_PIXELS = 0x7FE0


def comparison(*, actor: Actor, file_id: UUID) -> ComparisonOut:
    """Return how a waiting file differs from the stored one."""
    row = quarantined_get(actor=actor, file_id=file_id)
    if row.reason != UID_REUSED:
        raise NotFound("There is no stored file to compare this one with.")
    stored = rival_of(actor=actor, row=row)
    if stored is None:
        return ComparisonOut(
            study_id=None,
            stored_at=None,
            differences=[],
            pixels=None,
            sentence="The stored one has gone, or lies in a study that you cannot see.",
        )
    there, here = local_file(stored.blob_sha256), local_file(row.file_sha256)
    differences = _differences(_header(there), _header(here))
    pixels = _pixels(there, here)
    return ComparisonOut(
        study_id=stored.series.study_id,
        stored_at=stored.created_at,
        differences=differences,
        pixels=pixels,
        sentence=_sentence(differences, pixels),
    )


def _header(path: Path) -> Dataset:
    """Read what stands before the pixels: of a file cut off in them, all else is there."""
    return dcmread(path, force=True, stop_before_pixels=True)


def _differences(there: Dataset, here: Dataset) -> list[DifferenceOut]:
    found = []
    for tag in sorted(set(there.keys()) | set(here.keys())):
        stored, sent = _words(there, tag), _words(here, tag)
        if tag.group != _PIXELS and stored != sent:
            name = dictionary_description(tag) if dictionary_has_tag(tag) else ""
            found.append(DifferenceOut(tag=f"{tag:08X}", name=name, stored=stored, sent=sent))
    return found[:MOST_DIFFERENCES]


def _words(dataset: Dataset, tag: BaseTag) -> str:
    """Return a value in words, short; of bytes their number."""
    if tag not in dataset:
        return ""
    try:
        value = dataset[tag].value
    except Exception:  # noqa: BLE001  pydicom raises whatever a damaged element makes it
        return "(unreadable)"
    if isinstance(value, bytes):
        return f"{len(value)} bytes {value[:16].hex()}"
    if isinstance(value, MultiValue):
        return "\\".join(str(each) for each in value)[:_LONGEST]
    return str(value)[:_LONGEST]


def _pixels(there: Path, here: Path) -> dict[str, float] | None:
    """Return over how many frames and pixels they differ, and by how much at most."""
    try:
        both = [read_whole(path) for path in (there, here)]
        frames = min(int(each.get("NumberOfFrames") or 1) for each in both)
        even = np.linspace(0, frames - 1, min(frames, MOST_FRAMES))
        wanted = np.unique(even.astype(int)).tolist()
        pairs = list(zip(*(frame_pictures(each, wanted) for each in both), strict=True))
    except Exception:  # noqa: BLE001  decoders raise anything
        return None
    if any(one.shape != other.shape for one, other in pairs):
        return None
    gaps = [np.abs(one.astype(np.float64) - other.astype(np.float64)) for one, other in pairs]
    return {
        "frames": float(len(gaps)),
        "pixels": float(sum(gap.size for gap in gaps)),
        "differing": float(sum(np.count_nonzero(gap) for gap in gaps)),
        "largest": float(max(gap.max() for gap in gaps)),
    }


def _sentence(differences: list[DifferenceOut], pixels: dict[str, float] | None) -> str:
    header = f"{len(differences)} attributes differ" if differences else "The headers are the same"
    if len(differences) == 1:
        header = "One attribute differs"
    if pixels is None:
        return f"{header}; the pictures cannot be compared."
    if not pixels["differing"]:
        return f"{header}; the frames that were compared are the same."
    share = pixels["differing"] / pixels["pixels"]
    return f"{header}; {share:.1%} of the pixels differ, by {pixels['largest']:g} at most."
