"""Small things several tests need."""

import hashlib
from pathlib import Path

import numpy as np

from fixtures.phantoms import Phantom, PhantomName, phantom
from ml_worker.blobs import BlobMissing, BlobStore
from ml_worker.contract.door import Hello
from ml_worker.contract.masks import encode_mask, pack_masks
from ml_worker.contract.messages import BlobRef, CurvePoint, FrameRef, VolumeRef

HELLO = Hello(
    worker="w1", device="cpu", memory_mib=1, families=("sam",), torch="2", torchvision="0"
)
TINY_SAM = Path(__file__).parents[2] / "fixtures" / "models" / "limn-tiny-sam.pt"


class MemoryBlobs:
    """A blob store that forgets with the test."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.reads = 0

    def read(self, ref: BlobRef) -> bytes:
        self.reads += 1
        if ref.sha256 not in self.kept:
            raise BlobMissing("The blob store has no such blob.")
        return self.kept[ref.sha256]

    def write(self, data: bytes) -> BlobRef:
        sha256 = hashlib.sha256(data).hexdigest()
        self.kept[sha256] = data
        return BlobRef(sha256=sha256, size=len(data))


class QuietReport:
    """A report nobody reads but the test."""

    def __init__(self) -> None:
        self.points: list[CurvePoint] = []
        self.done: list[float] = []
        self.messages: list[str] = []

    def progress(self, done: float, message: str = "", point: CurvePoint | None = None) -> None:
        self.done.append(done)
        self.messages.append(message)
        if point is not None:
            self.points.append(point)


def stored_phantom(name: PhantomName, out: Path, blobs: BlobStore) -> tuple[Phantom, VolumeRef]:
    """Write a phantom and put its files into the store; also return a reference to it."""
    made = phantom(name, out)
    refs = {path: blobs.write(path.read_bytes()) for path in made.paths}
    paths = made.paths if len(made.paths) > 1 else made.paths * len(made.frame_numbers)
    frames = tuple(
        FrameRef(key=f"{k + 1}.{number}", blob=refs[path], frame=number)
        for k, (path, number) in enumerate(zip(paths, made.frame_numbers, strict=True))
    )
    affine = made.affine_lps
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    regular = name != "gapped"
    return made, VolumeRef(
        grid_id=name,
        frames=frames,
        rows=made.grid.rows,
        columns=made.grid.columns,
        origin_mm_lps=tuple(affine[:3, 3]) if regular else None,
        spacing_mm_ijk=tuple(spacing) if regular else None,
        direction=tuple((affine[:3, :3] / spacing).reshape(-1)) if regular else None,
        modality=made.header.modality,
        regular=regular,
    )


def label_pack(made: Phantom, ref: VolumeRef) -> bytes:
    """Return the phantom's truth as a label pack."""
    pairs = zip(ref.frames, made.labelmap_kji, strict=True)
    return pack_masks({(0, frame.key): encode_mask(m) for frame, m in pairs if m.any()})
