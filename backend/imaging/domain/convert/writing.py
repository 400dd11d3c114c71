"""Instances onto disk: the header first, then the pixels as they come, never all in memory."""

import struct
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite

from backend.imaging.domain.convert import datasets
from backend.imaging.domain.convert.diffusion import (
    Weighting,
    add_weighting,
    drop_times,
    weighting_group,
)
from backend.imaging.domain.convert.facts import Facts
from backend.imaging.domain.convert.model import Pictures, Source, Volume, Voxels
from backend.imaging.domain.convert.placing import Placing
from backend.imaging.domain.convert.values import Storage
from backend.imaging.domain.rejections import Rejected

PIXELS, FLOATS, DOUBLES = 0x7FE00010, 0x7FE00008, 0x7FE00009
# The length of native pixel data is written in 32 bits.
MOST_NATIVE_BYTES = 0xFFFFFFFE
_ITEM = struct.Struct("<HHI")
_VRS = {PIXELS: b"OW", FLOATS: b"OF", DOUBLES: b"OD"}


def write_instance(
    folder: Path, dataset: Dataset, tag: int, length: int, frames: Iterable[Voxels]
) -> Path:
    """Write an instance into a new file in `folder`; `length` is that of all frames."""
    if length > MOST_NATIVE_BYTES:
        raise Rejected("imaging.source_too_large", why=f"{length / 1024**3:.1f} GiB unpacked")
    dataset.file_meta = datasets.meta_of(dataset)
    with _new_file(folder) as file:
        dcmwrite(file, dataset, enforce_file_format=True)
        vr = b"OB" if tag == PIXELS and dataset.BitsAllocated == 8 else _VRS[tag]
        even = length + length % 2
        file.write(struct.pack("<HH2s2xI", tag >> 16, tag & 0xFFFF, vr, even))
        _append(file, frames, length)
        file.write(b"\0" * (even - length))
    return Path(file.name)


def _append(file: IO[bytes], frames: Iterable[Voxels], length: int) -> None:
    written = 0
    for frame in frames:
        file.write(frame.tobytes())
        written += frame.nbytes
    if written != length:
        raise Rejected("imaging.source_cut")


def volume_instances(
    source: Source,
    volume: Volume,
    storage: Storage,
    placing: Placing | None,
    uids: datasets.Identifiers,
    base: Dataset,
    weightings: Sequence[Weighting] = (),
) -> Iterator[Path]:
    """Yield the instances of a volume: one for each slice, or one for each time point of floats.

    `weightings` has an entry for each time point of a diffusion series.
    """
    times, slices = volume.voxels.shape[:2]
    if storage.is_float:
        for t in range(times):
            dataset = datasets.map_of(base, uids, volume, storage, placing, t)
            if weightings:
                groups = dataset.SharedFunctionalGroupsSequence[0]
                groups.MRDiffusionSequence = weighting_group(weightings[t])
                drop_times(dataset)
            length = volume.voxels[t].size * storage.kind.itemsize
            tag = FLOATS if storage.kind.itemsize == 4 else DOUBLES
            frames = (storage.encode(volume.voxels[t, k]) for k in range(slices))
            yield write_instance(source.scratch, dataset, tag, length, frames)
        return
    shared = datasets.slice_base(base, uids, volume, storage, placing)
    if weightings:
        drop_times(shared)
    for t, k, raw in volume.slices():
        dataset = datasets.add_slice(shared, uids, placing, t, k, slices)
        if weightings:
            add_weighting(dataset, weightings[t])
        stored = storage.encode(raw)
        yield write_instance(source.scratch, dataset, PIXELS, stored.nbytes, [stored])


def picture_instance(
    source: Source,
    pictures: Pictures,
    uids: datasets.Identifiers,
    base: Dataset,
    facts: Facts,
) -> Path:
    """Write pictures as one instance."""
    dataset = datasets.picture_of(base, uids, pictures, facts)
    if pictures.syntax:
        return _write_encapsulated(source.scratch, dataset, pictures)
    length = pictures.frame_bytes * pictures.count
    return write_instance(source.scratch, dataset, PIXELS, length, pictures.frames())


def _write_encapsulated(folder: Path, dataset: Dataset, pictures: Pictures) -> Path:
    """Write codestreams, one fragment a frame, with an empty offset table."""
    dataset.file_meta = datasets.meta_of(dataset, pictures.syntax)
    with _new_file(folder) as file:
        dcmwrite(file, dataset, enforce_file_format=True)
        group, element = PIXELS >> 16, PIXELS & 0xFFFF
        file.write(struct.pack("<HH2s2xI", group, element, b"OB", 0xFFFFFFFF))
        file.write(_ITEM.pack(0xFFFE, 0xE000, 0))
        for stream in pictures.frames():
            file.write(_ITEM.pack(0xFFFE, 0xE000, stream.nbytes + stream.nbytes % 2))
            file.write(stream.tobytes() + b"\0" * (stream.nbytes % 2))
        file.write(_ITEM.pack(0xFFFE, 0xE0DD, 0))
    return Path(file.name)


@contextmanager
def _new_file(folder: Path) -> Iterator[IO[bytes]]:
    """Give a new file in `folder`; it is removed again if writing it fails."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix="made-", delete=False) as file:
        try:
            yield file
        except BaseException:
            Path(file.name).unlink()
            raise
