"""Frames as they are served: where the bytes lie, or a rendition made once and kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from backend.core.blobs import blob_store
from backend.core.errors import NotFound, Unavailable
from backend.imaging.domain.decode import (
    FrameUnreadable,
    Pixels,
    decode_frame,
    decode_tile,
    lay_out,
    stored_frame,
)
from backend.imaging.domain.encode import EXPLICIT_LITTLE, HTJ2K_PROGRESSIVE
from backend.imaging.domain.frame_index import count, lookup
from backend.imaging.models import Instance
from backend.imaging.selectors.cache import cache_find, cache_put, cache_write
from ml_worker.pixels import films
from ml_worker.pixels.whole_file import read_whole

# So many frames of a film are kept ready at once.
STRETCH = 64
COPY_SYNTAX = HTJ2K_PROGRESSIVE
_NATIVE = frozenset({"1.2.840.10008.1.2", EXPLICIT_LITTLE})
MEDIA_TYPES = {
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}


@dataclass(frozen=True)
class FrameSource:
    """What serving the frames of one instance needs; never changes, so it may be kept.

    `tile` is the size (rows, columns) of the slices of a mosaic, which are its frames here.
    """

    study_id: UUID
    sha256: str
    syntax: str
    frames: int
    depth: int
    bits_stored: int
    exact: bool
    served: dict[str, Any]
    index: bytes
    tile: tuple[int, int] | None = None

    @property
    def stored_frames(self) -> int:
        """How many frames the file itself has; of a mosaic that is one."""
        return count(self.index)

    @property
    def is_native(self) -> bool:
        """Tell whether the stored frames are plain values."""
        return self.syntax in _NATIVE

    @property
    def largest_run(self) -> int:
        """How many bytes a frame takes in the file; all native ones are equal."""
        run = lookup(self.index, 1)
        return run[1] if run else 0


@dataclass(frozen=True)
class FilePart:
    """A run of bytes in a file."""

    path: Path
    offset: int
    length: int


@dataclass(frozen=True)
class ServedFrame:
    """A frame as it is served: where the bytes lie, and in which transfer syntax."""

    place: FilePart
    syntax: str
    tag: str

    @property
    def content_type(self) -> str:
        """The media type, with the transfer syntax."""
        media = MEDIA_TYPES.get(self.syntax, "application/octet-stream")
        return f"{media}; transfer-syntax={self.syntax}"


def frame_source(instance_pk: int) -> FrameSource | None:
    """Return how the frames of an instance are served; None where it has none."""
    row = (
        Instance.objects.filter(pk=instance_pk, frame_count__gt=0)
        .values_list(
            "series__study_id",
            "blob_sha256",
            "transfer_syntax_uid",
            "frame_count",
            "pixel_module",
            "frame_index",
        )
        .first()
    )
    if row is None:
        return None
    study_id, sha256, syntax, frames, module, index = row
    return FrameSource(
        study_id=study_id,
        sha256=sha256,
        syntax=syntax,
        frames=frames,
        depth=module["bits_allocated"],
        bits_stored=module["bits_stored"],
        exact=module["exact"],
        served=module["served"],
        index=bytes(index),
        tile=tuple(module["tile"]) if "tile" in module else None,
    )


def frame_bytes(source: FrameSource, number: int) -> ServedFrame:
    """Return where the served bytes of frame `number` (from 1) lie, making a rendition if needed.

    Where there is a copy for progressive display, that is served.
    """
    if not 1 <= number <= source.frames:
        raise NotFound("There is no such frame.")
    tag = f"{source.sha256[:24]}-{number}"
    if settings.LIMN_HTJ2K_COPIES_OVER and source.exact:
        copy = cache_find(copy_path(source.sha256, number))
        if copy is not None:
            return ServedFrame(_whole(copy), COPY_SYNTAX, f'"{tag}-h"')
    if not source.exact:
        return ServedFrame(_whole(_rendition(source, number)), EXPLICIT_LITTLE, f'"{tag}"')
    run = lookup(source.index, number)
    syntax = EXPLICIT_LITTLE if source.syntax in _NATIVE else source.syntax
    if run is not None:
        return ServedFrame(FilePart(local_file(source.sha256), *run), syntax, f'"{tag}"')
    return ServedFrame(_whole(_joined(source, number)), syntax, f'"{tag}"')


def copy_path(sha256: str, number: int) -> Path:
    """Return where the copy of a frame for progressive display is kept."""
    folder: Path = settings.LIMN_CACHE / "htj2k" / sha256[:2]
    return folder / f"{sha256}.{number}"


def _whole(path: Path) -> FilePart:
    return FilePart(path, 0, path.stat().st_size)


def frame_array(source: FrameSource, number: int) -> Pixels:
    """Return the decoded values of a frame (or RGB), before rescale slope and intercept."""
    path = local_file(source.sha256)
    try:
        if source.tile is not None:
            return decode_tile(path, source.syntax, number, source.tile)
        return decode_frame(path, source.syntax, number)
    except FrameUnreadable as error:
        raise Unavailable(str(error)) from error


def local_file(sha256: str) -> Path:
    """Return the original as a local file, fetching it once where storage is elsewhere."""
    path = blob_store().local_path(sha256)
    if path is not None:
        return path
    kept: Path = settings.LIMN_CACHE / "originals" / sha256[:2] / sha256
    if cache_find(kept) is None:
        with blob_store().open(sha256) as source:
            cache_write(kept, source.read)
    return kept


def _rendition(source: FrameSource, number: int) -> Path:
    path = _kept(source, number)
    if cache_find(path) is None and source.syntax in films.VIDEO:
        _unroll(source, number)
    elif cache_find(path) is None:
        laid_out = lay_out(frame_array(source, number), source.served, source.bits_stored)
        cache_put(path, laid_out)
    return path


def _unroll(source: FrameSource, number: int) -> None:
    """Make the renditions of a stretch of a film: one frame is reached through those before it."""
    wanted = range(number, min(number + STRETCH, source.frames + 1))
    last = 0
    try:
        for place, frame in enumerate(
            films.film_frames(read_whole(local_file(source.sha256))), start=1
        ):
            if place in wanted:
                laid_out = lay_out(frame, source.served, source.bits_stored)
                cache_put(_kept(source, place), laid_out)
                last = place
            if place >= wanted[-1]:
                break
    except Exception as error:  # decoders raise anything
        raise Unavailable("The video could not be decoded.") from error
    if last < number:
        raise Unavailable("The video ends before this frame.")


def _joined(source: FrameSource, number: int) -> Path:
    """Return a file of a frame that lies in several fragments of the original."""
    path = _kept(source, number)
    if cache_find(path) is None:
        try:
            joined = stored_frame(local_file(source.sha256), number, source.stored_frames)
        except FrameUnreadable as error:
            raise Unavailable(str(error)) from error
        cache_put(path, joined)
    return path


def _kept(source: FrameSource, number: int) -> Path:
    folder: Path = settings.LIMN_CACHE / "renditions" / source.sha256[:2]
    return folder / f"{source.sha256}.{number}"
