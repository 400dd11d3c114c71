"""TIFF by tifffile: pages of one kind belong together; whole numbers, fractions and colour."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import tifffile

from backend.imaging.domain.convert.model import Pictures, Source, Volume, Voxels
from backend.imaging.domain.convert.nifti import NO_ALPHA
from backend.imaging.domain.convert.pictures import (
    FROM_CMYK,
    JPEG_METHOD,
    MADE_GREY,
    SHORTENED,
    is_really_grey,
    refuse_picture_size,
)
from backend.imaging.domain.rejections import Rejected

# tifffile's own annotations are strict about what only a file can say.
tiff: Any = tifffile

_JPEGS = frozenset({6, 7})
_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_KNOWN = frozenset({_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB, _PALETTE, _CMYK, _YCBCR})


@dataclass(frozen=True)
class _Kind:
    """What pages have in common when they belong together."""

    rows: int
    columns: int
    samples: int
    dtype: str
    photometric: int


def read_tiff(source: Source) -> list[Pictures | Volume]:
    """Read all pages of a TIFF, those alike together; raises Rejected."""
    groups: dict[_Kind, list[int]] = {}
    reduced = 0
    with _Reader(source.path) as reader:
        for number in range(reader.count(source.limits.most_frames)):
            page = reader.page(number)
            if page.is_reduced and number:
                reduced += 1
                continue
            groups.setdefault(reader.attempt(_kind_of, page), []).append(number)
    remarks = [f"{reduced} smaller copies of its pages were left out."] if reduced else []
    if len(groups) > 1:
        remarks.append("Its pages differ in size or kind; those alike were put together.")
    return [_group(source, kind, numbers, remarks) for kind, numbers in groups.items()]


class _Reader:
    """A TIFF that is open; whatever tifffile raises becomes a sentence."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._file = self.attempt(lambda: tiff.TiffFile(self._path))
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def attempt(self, read: Any, *given: Any) -> Any:  # noqa: ANN401  whatever tifffile answers
        """Call something that tifffile may raise anything from."""
        try:
            return read(*given)
        except Rejected:
            raise
        except Exception:  # noqa: BLE001  decoders raise many kinds on damaged files
            raise Rejected("imaging.picture_unreadable") from None

    def count(self, most: int) -> int:
        """Return the number of pages."""
        pages: int = self.attempt(lambda: len(self._file.pages))
        if not 1 <= pages <= most:
            raise Rejected("imaging.source_too_large", why=f"{pages} pages")
        return pages

    def page(self, number: int) -> Any:  # noqa: ANN401  a page of tifffile
        """Return what the file says of a page."""
        return self.attempt(lambda: self._file.pages[number])

    def pixels(self, number: int) -> Voxels:
        """Decode a page."""
        found: Voxels = self.attempt(lambda: self._file.pages[number].asarray(maxworkers=1))
        return found


def _kind_of(page: Any) -> _Kind:  # noqa: ANN401
    photometric = int(page.photometric)
    samples = int(page.samplesperpixel)
    if photometric not in _KNOWN or page.dtype is None or int(page.imagedepth) != 1:
        raise Rejected("imaging.source_values", why="of an unknown kind")
    kind = _Kind(int(page.imagelength), int(page.imagewidth), samples, page.dtype.str, photometric)
    if page.dtype.kind not in "iufb":
        raise Rejected("imaging.source_values", why=page.dtype.name)
    return kind


def _group(source: Source, kind: _Kind, numbers: list[int], said: list[str]) -> Pictures | Volume:
    if min(kind.columns, kind.rows) < 1:
        raise Rejected("imaging.source_header", why="a page has no size")
    refuse_picture_size(kind.columns, kind.rows, len(numbers), source.limits)
    dtype = np.dtype(kind.dtype)
    is_colour = kind.photometric in {_RGB, _PALETTE, _CMYK, _YCBCR}
    if not is_colour and dtype.kind != "b" and dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        return _volume(source, numbers, said)
    remarks = [*said, *_remarks(kind)]
    with _Reader(source.path) as reader:
        first = _picture(reader, numbers[0], kind)
        lossy = JPEG_METHOD if int(reader.page(numbers[0]).compression) in _JPEGS else ""
    grey = len(numbers) == 1 and is_really_grey(first)
    if grey:
        first = first[..., 0]
        remarks.append(MADE_GREY)
    return Pictures(
        format="TIFF",
        count=len(numbers),
        rows=kind.rows,
        columns=kind.columns,
        is_colour=first.ndim == 3,
        bits=8 * first.dtype.itemsize,
        frames=lambda: _each(source.path, kind, numbers, grey=grey),
        is_inverted=kind.photometric == _MIN_IS_WHITE,
        lossy=lossy,
        remarks=remarks,
    )


def _remarks(kind: _Kind) -> list[str]:
    remarks = []
    if kind.samples > (4 if kind.photometric == _CMYK else 3) or kind.samples == 2:
        remarks.append(NO_ALPHA)
    if kind.photometric == _CMYK:
        remarks.append(FROM_CMYK)
    if kind.photometric in {_RGB, _YCBCR} and np.dtype(kind.dtype).itemsize > 1:
        remarks.append(SHORTENED)
    return remarks


def _each(path: Path, kind: _Kind, numbers: list[int], *, grey: bool) -> Iterator[Voxels]:
    with _Reader(path) as reader:
        for number in numbers:
            pixels = _picture(reader, number, kind)
            yield np.ascontiguousarray(pixels[..., 0]) if grey else pixels


def _picture(reader: _Reader, number: int, kind: _Kind) -> Voxels:
    """Return a page as little-endian grey, or as 8-bit colours side by side."""
    pixels = reader.pixels(number)
    if pixels.ndim == 3 and pixels.shape[0] == kind.samples and pixels.shape[-1] != kind.samples:
        pixels = np.moveaxis(pixels, 0, -1)  # planes one after the other
    if kind.photometric == _PALETTE:
        colours = np.asarray(reader.page(number).colormap)  # [3, entries] of 16 bits
        return np.ascontiguousarray((colours[:, pixels] >> 8).astype(np.uint8).transpose(1, 2, 0))
    if kind.photometric in {_MIN_IS_WHITE, _MIN_IS_BLACK}:
        pixels = pixels[..., 0] if pixels.ndim == 3 else pixels
        if pixels.dtype.kind == "b":
            return pixels.astype(np.uint8) * np.uint8(255)
        return np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<")))
    if pixels.dtype.kind != "u" or pixels.ndim != 3:
        raise Rejected("imaging.source_values", why=f"colours as {pixels.dtype.name}")
    if pixels.dtype.itemsize > 1:
        pixels = (pixels >> (8 * pixels.dtype.itemsize - 8)).astype(np.uint8)
    if kind.photometric == _CMYK:
        inks = 255 - pixels[..., :4].astype(np.uint16)
        pixels = (inks[..., :3] * inks[..., 3:] // 255).astype(np.uint8)
    return np.ascontiguousarray(pixels[..., :3])


def _volume(source: Source, numbers: list[int], said: list[str]) -> Volume:
    """Return pages whose values are no plain grey as slices without a place, unpacked on disk."""
    with _Reader(source.path) as reader:
        first = reader.pixels(numbers[0])
        shape = (1, len(numbers), *first.shape[:2])
        if first.size * first.itemsize * len(numbers) > source.limits.most_bytes:
            raise Rejected("imaging.source_too_large", why=f"{len(numbers)} pages")
        kind = first.dtype.newbyteorder("<")
        place = source.scratch / f"pages-{numbers[0]}.raw"
        with place.open("wb") as file:
            for number in numbers:
                pixels = reader.pixels(number)
                pixels = pixels[..., 0] if pixels.ndim == 3 else pixels
                file.write(np.ascontiguousarray(pixels, dtype=kind).tobytes())
    return Volume("TIFF", np.memmap(place, kind, "r", shape=shape), None, remarks=list(said))
