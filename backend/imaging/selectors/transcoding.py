"""Frames and instances in another transfer syntax than the stored one: made on request, and kept.

What is made is always lossless; of a lossy original it holds exactly what that one shows, and says
so as the original does.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from django.conf import settings
from pydicom import dcmread, dcmwrite
from pydicom import uid as uids
from pydicom.dataset import Dataset, FileDataset

from backend.core.errors import NotFound, Unavailable
from backend.imaging.domain.accepting import NotAcceptable
from backend.imaging.domain.decode import FrameUnreadable, Pixels, decode_frame, stored_frame
from backend.imaging.domain.encode import (
    EXPLICIT_LITTLE,
    LARGEST_LENGTH,
    MADE,
    can_make,
    encode_frame,
    write_encapsulated,
    write_native,
)
from backend.imaging.domain.frame_index import lookup
from backend.imaging.selectors.cache import cache_file, cache_find, cache_put
from backend.imaging.selectors.frames import FrameSource, local_file
from ml_worker.pixels.whole_file import read_whole

_PLAIN = frozenset({EXPLICIT_LITTLE, str(uids.ImplicitVRLittleEndian)})
_UNCOMPRESSED = frozenset(
    {*_PLAIN, str(uids.DeflatedExplicitVRLittleEndian), str(uids.ExplicitVRBigEndian)}
)
# Read as a whole: their frames cannot be got at one by one.
_WHOLE = frozenset({str(uids.DeflatedExplicitVRLittleEndian)})
_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def stored_syntax(source: FrameSource) -> str:
    """Return the syntax frames are sent in when any will do; native ones count as explicit."""
    return EXPLICIT_LITTLE if source.syntax in _UNCOMPRESSED else source.syntax


def syntaxes_of(source: FrameSource) -> list[str]:
    """Return the syntaxes the frames can be sent in, the stored one first."""
    stored = stored_syntax(source)
    return [stored, *(each for each in MADE if each != stored and can_make(each, source.depth))]


def refuse_absent(source: FrameSource, numbers: Iterable[int]) -> None:
    """Refuse frames that are not there before an answer of several begins."""
    if not all(1 <= number <= source.stored_frames for number in numbers):
        raise NotFound(f"There is no such frame: this instance has {source.stored_frames}.")


def frame_as(source: FrameSource, number: int, syntax: str) -> bytes:
    """Return frame `number` (from 1), stored or made; whichever `syntax` says."""
    refuse_absent(source, [number])
    if syntax == stored_syntax(source):
        stored = _as_stored(source, number)
        if stored is not None:
            return stored
    if syntax == EXPLICIT_LITTLE and source.syntax in _UNCOMPRESSED:
        return encode_frame(_decoded(source, number), syntax, bits_allocated=source.depth)
    path = _kept(source, f"{number}.{syntax}")
    if cache_find(path) is None:
        frame = _decoded(source, number)
        cache_put(path, encode_frame(frame, syntax, bits_allocated=source.depth))
    return path.read_bytes()


def _as_stored(source: FrameSource, number: int) -> bytes | None:
    """Return the bytes as they lie in the file; None where they must be decoded."""
    path = local_file(source.sha256)
    if source.syntax in _UNCOMPRESSED - _PLAIN:
        return None
    run = lookup(source.index, number)
    if run is not None:
        with path.open("rb") as file:
            return os.pread(file.fileno(), run[1], run[0])
    return None if source.syntax in _PLAIN else stored_frame(path, number, source.stored_frames)


def _decoded(source: FrameSource, number: int) -> Pixels:
    try:
        return decode_frame(local_file(source.sha256), source.syntax, number, with_palette=False)
    except FrameUnreadable as error:
        raise Unavailable(str(error)) from error


def _kept(source: FrameSource, name: str) -> Path:
    folder: Path = settings.LIMN_CACHE / "transcoded" / source.sha256[:2]
    return folder / f"{source.sha256}.{name}"


def instance_as(sha256: str, source: FrameSource | None, syntax: str) -> BinaryIO:
    """Return a whole instance in another syntax as an open file, made frame by frame.

    `source` is None for an instance without frames.
    """
    if syntax != EXPLICIT_LITTLE and (source is None or not can_make(syntax, source.depth)):
        raise NotAcceptable(f"The instance cannot be made into {syntax} without loss.")
    path: Path = settings.LIMN_CACHE / "transcoded" / sha256[:2] / f"{sha256}.{syntax}"
    if cache_find(path) is None:
        with cache_file(path) as file:
            if source is None or source.syntax in _WHOLE or source.depth == 1:
                _save(read_whole(local_file(sha256)), syntax, file)
            else:
                _write_instance(source, syntax, file)
    return path.open("rb")


def _write_instance(source: FrameSource, syntax: str, file: BinaryIO) -> None:
    first = _decoded(source, 1)
    size = first.size * first.dtype.itemsize * source.stored_frames
    if syntax == EXPLICIT_LITTLE and size > LARGEST_LENGTH:
        raise NotAcceptable("Uncompressed, the instance is larger than DICOM can write.")
    header = dcmread(local_file(source.sha256), force=True, stop_before_pixels=True)
    if first.ndim == 3:
        header.PlanarConfiguration = 0
        if header.get("PhotometricInterpretation") != "RGB" and source.syntax not in _UNCOMPRESSED:
            header.PhotometricInterpretation = "RGB"  # as the decoder makes of YBR
    _save(header, syntax, file)
    frames = _encoded(source, syntax, first)
    if syntax == EXPLICIT_LITTLE:
        write_native(file, frames, size, first.dtype)
    else:
        write_encapsulated(file, frames, source.stored_frames)


def _encoded(source: FrameSource, syntax: str, first: Pixels) -> Iterator[bytes]:
    yield encode_frame(first, syntax)
    for number in range(2, source.stored_frames + 1):
        yield encode_frame(_decoded(source, number), syntax)


def _save(dataset: FileDataset, syntax: str, file: BinaryIO) -> None:
    try:
        dataset.ensure_file_meta()
        stored = dataset.file_meta.get("TransferSyntaxUID")
        if "PixelData" in dataset and stored and stored.is_compressed:
            dataset.decompress(as_rgb=False)
        dataset.file_meta.TransferSyntaxUID = uids.UID(syntax)
        if dataset.original_encoding[1] is False:
            _turn_words(dataset)
        dcmwrite(file, dataset, implicit_vr=False, little_endian=True, enforce_file_format=True)
    except Exception as error:  # whatever pydicom raises at a damaged header
        raise Unavailable("The instance could not be written anew.") from error


def _turn_words(dataset: Dataset) -> None:
    """Turn the words that big endian files hold as bytes; the library turns all other values."""
    for element in dataset.iterall():
        if isinstance(element.value, bytes):
            element.value = turned(element.VR, element.value)


def turned(vr: str, value: bytes) -> bytes:
    """Return the words of a value with their bytes the other way round."""
    size = _WORDS.get(vr, 1)
    return value if size == 1 else np.frombuffer(value, f"u{size}").byteswap().tobytes()
