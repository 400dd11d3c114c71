"""Frames of video in DICOM: MPEG-2, MPEG-4 AVC and HEVC streams (PS3.5 8.2.5 to 8.2.11).

The stream is one run of bytes whatever fragments it lies in; its frames follow one another, so one
is reached through those before it. Decoding needs PyAV, which is not installed everywhere.
"""

import importlib.util
import io
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid as uids
from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragments

VIDEO = frozenset(
    {
        uids.MPEG2MPML,
        uids.MPEG2MPMLF,
        uids.MPEG2MPHL,
        uids.MPEG2MPHLF,
        uids.MPEG4HP41,
        uids.MPEG4HP41F,
        uids.MPEG4HP41BD,
        uids.MPEG4HP41BDF,
        uids.MPEG4HP422D,
        uids.MPEG4HP422DF,
        uids.MPEG4HP423D,
        uids.MPEG4HP423DF,
        uids.MPEG4HP42STEREO,
        uids.MPEG4HP42STEREOF,
        uids.HEVCMP51,
        uids.HEVCM10P51,
    }
)
# Kept as they are, but not shown: a remark on the instance.
NOT_SHOWN = "film_not_shown"


@lru_cache(maxsize=1)
def can_decode() -> bool:
    """Tell whether the frames of videos can be decoded here."""
    return importlib.util.find_spec("av") is not None


def film_frames(dataset: Dataset) -> Iterator[NDArray[Any]]:
    """Yield the frames (rows, columns, 3) of 8-bit RGB, in order; decoders raise what they like."""
    import av  # noqa: PLC0415  large, and not installed everywhere

    stream = b"".join(generate_fragments(dataset.PixelData))
    with av.open(io.BytesIO(stream.rstrip(b"\0")), "r") as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="rgb24"))


def film_frame(dataset: Dataset, number: int) -> NDArray[Any]:
    """Return frame `number` (from 1); raises LookupError where the stream ends before it."""
    for place, frame in enumerate(film_frames(dataset), start=1):
        if place == number:
            return frame
    raise LookupError("the video ends before this frame")
