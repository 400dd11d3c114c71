"""From a reference to an array: fetch, decode, stack, and keep the last few on disk."""

import hashlib
import logging
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml_worker.blobs import BlobStore
from ml_worker.contract.messages import VolumeRef
from ml_worker.decoding import ImageUnreadable, Instance
from ml_worker.geometry.voxel_grid import VoxelGrid

log = logging.getLogger(__name__)

MIB = 1024 * 1024


@dataclass(frozen=True)
class Volume:
    """An image [k, j, i] in modality units, float32, in the order of its reference's frames.

    ``grid`` is null where no affine describes the frames.
    """

    image_kji: NDArray[np.float32]
    grid: VoxelGrid | None
    keys: tuple[str, ...]
    modality: str


class VolumeCache:
    """Decoded volumes as ``.npy`` in one folder, the longest unused thrown away first."""

    def __init__(self, folder: Path, limit_mib: int) -> None:
        self.folder = folder / "volumes"
        self.limit = limit_mib * MIB

    def get(self, name: str) -> NDArray[np.float32] | None:
        """Return the kept array, or None."""
        path = self.folder / f"{name}.npy"
        try:
            array: NDArray[np.float32] = np.load(path, allow_pickle=False)
            os.utime(path)
        except (OSError, ValueError):
            return None
        return array

    def put(self, name: str, image: NDArray[np.float32]) -> None:
        """Keep an array; a disk that is full costs the cache, not the job."""
        beside: str | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._make_room(image.nbytes)
            handle, beside = tempfile.mkstemp(dir=self.folder, suffix=".new")
            with os.fdopen(handle, "wb") as file:
                np.save(file, image)
            Path(beside).rename(self.folder / f"{name}.npy")
        except OSError:
            log.warning("A decoded volume could not be kept.", exc_info=True)
            if beside is not None:
                Path(beside).unlink(missing_ok=True)

    def forget(self, unused_s: float | None) -> None:
        """Remove what was not used for so long; nothing where that is null."""
        if unused_s is None:
            return
        for path in self.folder.glob("*.npy"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime >= unused_s:
                    path.unlink()

    def _make_room(self, needed: int) -> None:
        kept = sorted(self.folder.glob("*.npy"), key=lambda path: path.stat().st_mtime)
        total = sum(path.stat().st_size for path in kept)
        for path in kept:
            if total + needed <= self.limit:
                return
            total -= path.stat().st_size
            path.unlink(missing_ok=True)


def load_volume(ref: VolumeRef, blobs: BlobStore, cache: VolumeCache | None = None) -> Volume:
    """Decode the frames of ``ref`` or take them from the cache; raises ImageUnreadable."""
    name = _name(ref)
    image = cache.get(name) if cache is not None else None
    if image is None or image.shape != (len(ref.frames), ref.rows, ref.columns):
        image = _decode(ref, blobs)
        if cache is not None:
            cache.put(name, image)
    keys = tuple(frame.key for frame in ref.frames)
    return Volume(image, grid_of(ref), keys, ref.modality)


def load_frame(ref: VolumeRef, key: str, blobs: BlobStore) -> tuple[NDArray[np.float32], bool]:
    """Decode one frame: [rows, columns] in modality units, and whether low values are bright."""
    frame = next((frame for frame in ref.frames if frame.key == key), None)
    if frame is None:
        raise ImageUnreadable(f"The volume has no frame {key}.")
    instance = Instance(blobs.read(frame.blob))
    return instance.frame(frame.frame, (ref.rows, ref.columns)), instance.is_inverted


def grid_of(ref: VolumeRef) -> VoxelGrid | None:
    """Return the grid of a reference, or None where it has no geometry."""
    if ref.origin_mm_lps is None or ref.spacing_mm_ijk is None or ref.direction is None:
        return None
    shape = (len(ref.frames), ref.rows, ref.columns)
    return VoxelGrid(ref.origin_mm_lps, ref.spacing_mm_ijk, ref.direction, shape)


def _decode(ref: VolumeRef, blobs: BlobStore) -> NDArray[np.float32]:
    image = np.empty((len(ref.frames), ref.rows, ref.columns), dtype=np.float32)
    parsed: tuple[str, Instance] | None = None
    for k, frame in enumerate(ref.frames):
        if parsed is None or parsed[0] != frame.blob.sha256:
            parsed = (frame.blob.sha256, Instance(blobs.read(frame.blob)))
        pixels = parsed[1].frame(frame.frame, (ref.rows, ref.columns))
        if pixels.shape != (ref.rows, ref.columns):
            raise ImageUnreadable(
                f"Slice {k + 1} is {pixels.shape[0]} x {pixels.shape[1]} pixels, "
                f"not {ref.rows} x {ref.columns}."
            )
        image[k] = pixels
    return image


def _name(ref: VolumeRef) -> str:
    text = "\n".join(f"{frame.blob.sha256}.{frame.frame}" for frame in ref.frames)
    return hashlib.sha256(text.encode()).hexdigest()
