"""How the values of a volume are stored so that none changes.

Whole numbers go into 8 or 16 bits, with an intercept where they need one. What 16 bits cannot
hold goes into floating point pixel data, of 32 bits where these hold every value and of 64
otherwise. What even those cannot hold is refused.
"""

from dataclasses import dataclass

import numpy as np
from pydicom.valuerep import format_number_as_ds

from backend.imaging.domain.convert.model import Volume, Voxels
from backend.imaging.domain.rejections import Rejected

# Slope and intercept are text of 16 characters. A scaling that these round is used only where
# no value moves by more than this share of the range of all values.
SCALING_TOLERANCE = 1e-9
MOST_DISTINCT = 1024
_WHOLE_IN_DOUBLE = float(1 << 53)


@dataclass
class Survey:
    """What all raw values of a volume have in common, found slice by slice."""

    low: float = np.inf
    high: float = -np.inf
    odd: int = 0  # neither a number nor finite
    whole: bool = True
    fits_single: bool = True
    distinct: frozenset[float] | None = frozenset()  # None: too many to be names of things
    count: int = 0

    def add(self, raw: Voxels) -> None:
        """Take a slice into account."""
        self.count += raw.size
        if raw.dtype.kind == "f":
            finite = raw[np.isfinite(raw)]
            self.odd += raw.size - finite.size
            self.whole = self.whole and bool((finite == np.rint(finite)).all())
            if raw.dtype.itemsize > 4 and self.fits_single:
                with np.errstate(over="ignore"):
                    self.fits_single = bool((finite.astype(np.float32) == finite).all())
            raw = finite
        if raw.size:
            self.low = min(self.low, raw.min().item())
            self.high = max(self.high, raw.max().item())
            self._see(raw)

    def _see(self, raw: Voxels) -> None:
        if self.distinct is not None and self.whole:
            seen = self.distinct | frozenset(np.unique(raw).tolist())
            self.distinct = seen if len(seen) <= MOST_DISTINCT else None


@dataclass(frozen=True)
class Storage:
    """`kind` is the numpy type stored; a value is ``stored * slope + intercept``.

    ``subtracted`` is taken from raw whole numbers; ``raw_slope`` and ``raw_intercept`` are applied
    to those that become floating point.
    """

    kind: np.dtype[np.generic]
    slope: float = 1.0
    intercept: float = 0.0
    subtracted: int = 0
    raw_slope: float = 1.0
    raw_intercept: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @property
    def is_float(self) -> bool:
        """Tell whether this is floating point pixel data."""
        return self.kind.kind == "f"

    def encode(self, raw: Voxels) -> Voxels:
        """Return a slice as it is stored, little endian."""
        if self.is_float:
            if (self.raw_slope, self.raw_intercept) != (1.0, 0.0):
                raw = raw.astype(np.float64) * self.raw_slope + self.raw_intercept
            return np.ascontiguousarray(raw, dtype=self.kind)
        if raw.dtype.kind == "f" or self.subtracted:
            raw = raw.astype(np.int64) - self.subtracted
        return np.ascontiguousarray(raw, dtype=self.kind)

    @property
    def window(self) -> tuple[float, float]:
        """A window (centre, width) over all values."""
        return (self.low + self.high) / 2, max(self.high - self.low, 1.0)


def survey_of(volume: Volume) -> Survey:
    """Look at every value of a volume once."""
    survey = Survey()
    for _, _, raw in volume.slices():
        survey.add(raw)
    return survey


def storage_of(volume: Volume, survey: Survey, *, eight_bits: bool) -> Storage:
    """Choose how values are stored; `eight_bits` where the kind of instance allows them."""
    low, high = (survey.low, survey.high) if survey.low <= survey.high else (0.0, 0.0)
    ends = sorted((low * volume.slope + volume.intercept, high * volume.slope + volume.intercept))
    if survey.whole and not survey.odd and high - low <= 0xFFFF and abs(low) < _WHOLE_IN_DOUBLE:
        found = _in_sixteen(volume, int(low), int(high), eight_bits=eight_bits)
        if found is not None:
            return _ranged(found, ends)
    is_scaled = (volume.slope, volume.intercept) != (1.0, 0.0)
    if volume.voxels.dtype.kind != "f" and max(abs(low), abs(high)) > _WHOLE_IN_DOUBLE:
        raise Rejected("imaging.source_values", why="whole numbers beyond 2 to the power of 53")
    kind = "<f8" if is_scaled or not _fits_single(volume, survey) else "<f4"
    storage = Storage(np.dtype(kind), raw_slope=volume.slope, raw_intercept=volume.intercept)
    return _ranged(storage, ends)


def _ranged(storage: Storage, ends: list[float]) -> Storage:
    return Storage(
        storage.kind, storage.slope, storage.intercept, storage.subtracted,
        storage.raw_slope, storage.raw_intercept, ends[0], ends[1],
    )  # fmt: skip


def _fits_single(volume: Volume, survey: Survey) -> bool:
    if volume.voxels.dtype.kind == "f":
        return survey.fits_single
    return max(abs(survey.low), abs(survey.high)) <= 1 << 24


def _in_sixteen(volume: Volume, low: int, high: int, *, eight_bits: bool) -> Storage | None:
    """Return storage as whole numbers; None where the scaling could not be written exactly."""
    kinds = ["<i2", "<u2"] if low < 0 or volume.voxels.dtype == np.int16 else ["<u2", "<i2"]
    if eight_bits and volume.voxels.dtype == np.uint8:
        kinds = ["|u1"]
    for kind in kinds:
        limits = np.iinfo(kind)
        if limits.min <= low and high <= limits.max:
            return _scaled(np.dtype(kind), volume, 0, low, high)
    return _scaled(np.dtype("<u2"), volume, low, low, high)


def _scaled(
    kind: np.dtype[np.generic], volume: Volume, subtracted: int, low: int, high: int
) -> Storage | None:
    slope, intercept = volume.slope, subtracted * volume.slope + volume.intercept
    said = float(format_number_as_ds(slope)), float(format_number_as_ds(intercept))
    furthest = max(abs(low - subtracted), abs(high - subtracted))
    error = furthest * abs(said[0] - slope) + abs(said[1] - intercept)
    if error > SCALING_TOLERANCE * abs(slope) * max(high - low, 1):
        return None
    return Storage(kind, said[0], said[1], subtracted)
