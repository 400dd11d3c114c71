"""Single values of a file, found by their place in the metadata."""

import io
import re
from typing import Any, BinaryIO

from pydicom import dcmread
from pydicom.dataset import Dataset

from backend.core.actor import Actor
from backend.core.errors import NotFound, Unavailable
from backend.imaging.domain.bulk import DOUBLES, FLOATS, PIXELS
from backend.imaging.domain.encode import EXPLICIT_LITTLE
from backend.imaging.selectors.dicomweb import instances_of
from backend.imaging.selectors.frames import FrameSource, local_file
from backend.imaging.selectors.transcoding import frame_as

PIXEL_DATA = frozenset({PIXELS, FLOATS, DOUBLES})
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
    try:
        dataset: Any = dcmread(local_file(instance.blob_sha256), force=True, defer_size=1 << 16)
    except Exception as error:  # whatever pydicom raises at a damaged file
        raise Unavailable("The instance could not be read.") from error
    return io.BytesIO(_value(dataset, place))


class PixelsOf(io.RawIOBase):
    """The frames of an instance one after another, uncompressed; one is in memory at a time."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._numbers = iter(range(1, source.stored_frames + 1))

    def read(self, _size: int = -1, /) -> bytes:
        """Return the next frame, whatever its size; nothing at the end."""
        number = next(self._numbers, None)
        return b"" if number is None else frame_as(self._source, number, EXPLICIT_LITTLE)


def _value(dataset: Dataset, place: str) -> bytes:
    *steps, last = place.split("/")
    try:
        for tag, item in zip(steps[::2], steps[1::2], strict=True):
            dataset = dataset[int(tag, 16)].value[int(item)]
        value = dataset[int(last, 16)].value
    except (KeyError, IndexError, TypeError):
        raise NotFound("There is no such value.") from None
    if not isinstance(value, bytes):
        raise NotFound("This value is in the metadata.")
    return value
