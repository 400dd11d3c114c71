"""What readers of foreign formats hand on: volumes and pictures, not yet DICOM."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.imaging.domain.rejections import Rejected

Voxels = NDArray[Any]
Affine = NDArray[np.float64]
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


class Kept(Rejected):
    """The file makes no images, and that is right: its bytes are kept, and the reason is told."""


@dataclass(frozen=True)
class Limits:
    """How much is unpacked and converted at most. `most_pixels` is for one picture or slice."""

    most_bytes: int = 8 << 30
    most_frames: int = 50_000
    most_pixels: int = 64 << 20


@dataclass(frozen=True)
class Source:
    """A file to convert, with the files that lie beside it, by their lower-case names.

    `scratch` is a folder of the caller's own; what is unpacked there is the caller's to remove.
    """

    name: str
    path: Path
    scratch: Path
    parts: Mapping[str, Path] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@dataclass
class Volume:
    """Voxels on a lattice.

    ``voxels`` are raw values [time, k, j, i], with a last axis of three for colour; they stay on
    disk until a slice is asked for. A value is ``raw * slope + intercept``. ``affine_lps`` leads
    from (i, j, k, 1) to LPS mm; None where the file says nothing of a place, and then
    ``pixel_spacing_mm`` (between rows, between columns) may still be known.
    """

    format: str
    voxels: Voxels
    affine_lps: Affine | None
    slope: float = 1.0
    intercept: float = 0.0
    pixel_spacing_mm: tuple[float, float] | None = None
    time_step_s: float | None = None
    says_labels: bool = False
    remarks: list[str] = field(default_factory=list)

    @property
    def is_colour(self) -> bool:
        """Tell whether a voxel is red, green and blue."""
        return self.voxels.ndim == 5

    def slices(self) -> Iterator[tuple[int, int, Voxels]]:
        """Yield time, k and the slice [j, i] (or [j, i, 3]), one at a time."""
        for t in range(self.voxels.shape[0]):
            for k in range(self.voxels.shape[1]):
                yield t, k, self.voxels[t, k]


@dataclass
class Pictures:
    """Pictures of one size: 8-bit RGB [rows, columns, 3], or 8- or 16-bit grey [rows, columns].

    ``frames`` may be called again; it yields the pictures in order. Where ``syntax`` names a
    transfer syntax, what it yields are codestreams in that, as bytes, and not pixels.
    """

    format: str
    count: int
    rows: int
    columns: int
    is_colour: bool
    bits: int
    frames: Callable[[], Iterator[Voxels]]
    is_inverted: bool = False
    frame_time_ms: float | None = None
    lossy: str = ""
    icc_profile: bytes = b""
    syntax: str = ""
    remarks: list[str] = field(default_factory=list)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one picture."""
        return self.rows * self.columns * (3 if self.is_colour else 1) * (self.bits // 8)
