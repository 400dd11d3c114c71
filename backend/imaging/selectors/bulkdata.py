"""Single values of a file, found by their place in the metadata."""

import io
import re
from pathlib import Path
from typing import Any, BinaryIO, cast

from pydicom import dcmread
from pydicom import uid as uids
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset

from backend.core.actor import Actor
from backend.core.errors import NotFound, Unavailable
from backend.imaging.domain.bulk import DOUBLES, FLOATS, PIXELS
from backend.imaging.domain.dicom_json import AMBIGUOUS, BINARY, public_vr
from backend.imaging.domain.encode import EXPLICIT_LITTLE
from backend.imaging.selectors.dicomweb import instances_of
from backend.imaging.selectors.frames import FrameSource, local_file
from backend.imaging.selectors.transcoding import frame_as, turned

PIXEL_DATA = frozenset({PIXELS, FLOATS, DOUBLES})
LEFT_IN_FILE = 1 << 16
_PACKED = str(uids.DeflatedExplicitVRLittleEndian)
_UNDEFINED = 0xFFFFFFFF
_PLACE = re.compile(r"[0-9A-Fa-f]{8}(/\d{1,6}/[0-9A-Fa-f]{8})*")


def bulkdata_open(
    *, actor: Actor, study_uid: str, series_uid: str, sop_uid: str, place: str
) -> BinaryIO:
    """Return a value as an open file; `place` is a tag, or tags and item numbers from 0."""
    instance = instances_of(
        actor=actor, study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid
    ).first()
    if instance is None or _PLACE.fullmatch(place) is None:
        raise NotFound("There is no such value.")
    path = local_file(instance.blob_sha256)
    # Of a file that is packed as a whole, no part can be read by itself.
    defer = None if instance.transfer_syntax_uid == _PACKED else LEFT_IN_FILE
    try:
        dataset: Any = dcmread(path, force=True, defer_size=defer)
        run = _run_of(dataset, place)
        return (
            io.BytesIO(_value(dataset, place))
            if run is None
            else cast("BinaryIO", RunOf(path, *run))
        )
    except NotFound:
        raise
    except Exception as error:  # whatever pydicom raises at a damaged file
        raise Unavailable("The instance could not be read.") from error


class PixelsOf(io.RawIOBase):
    """The frames of an instance one after another, uncompressed; one is in memory at a time."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._numbers = iter(range(1, source.stored_frames + 1))

    def read(self, _size: int = -1, /) -> bytes:
        """Return the next frame, whatever its size; nothing at the end."""
        number = next(self._numbers, None)
        return b"" if number is None else frame_as(self._source, number, EXPLICIT_LITTLE)


class RunOf(io.RawIOBase):
    """A run of bytes in a file, read piece by piece."""

    def __init__(self, path: Path, offset: int, length: int) -> None:
        self._file = path.open("rb")
        self._file.seek(offset)
        self._left = length

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes; nothing at the end."""
        content = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(content)
        return content

    def close(self) -> None:
        """Close the file, too."""
        self._file.close()
        super().close()


def _run_of(dataset: FileDataset, place: str) -> tuple[int, int] | None:
    """Return where a large value lies in its file; None where it must be read to be told."""
    if "/" in place or int(place, 16) not in dataset:
        return None
    raw: Any = dataset.get_item(int(place, 16), keep_deferred=True)
    is_left = not isinstance(raw, DataElement) and raw.value is None
    if not is_left or not raw.is_little_endian:
        return None
    vr = raw.VR or public_vr(int(place, 16)) or "UN"
    if AMBIGUOUS.get(vr, vr) not in BINARY or not 0 < raw.length < _UNDEFINED:
        return None
    return raw.value_tell, raw.length


def _value(dataset: FileDataset, place: str) -> bytes:
    is_big = dataset.original_encoding[1] is False
    element = _element(dataset, place)
    if not isinstance(element.value, bytes):
        raise NotFound("This value is in the metadata.")
    return turned(element.VR, element.value) if is_big else element.value


def _element(dataset: Dataset, place: str) -> DataElement:
    *steps, last = place.split("/")
    try:
        for tag, item in zip(steps[::2], steps[1::2], strict=True):
            dataset = dataset[int(tag, 16)].value[int(item)]
        return dataset[int(last, 16)]
    except (KeyError, IndexError, TypeError):
        raise NotFound("There is no such value.") from None
