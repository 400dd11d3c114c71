"""How an instance's pixels are laid out, read from its header and checked against sense."""

from dataclasses import dataclass

from backend.imaging.domain.curves import tables_described
from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.header import first_item, integer, number, numbers, text
from backend.imaging.domain.overlays import overlay_names
from backend.imaging.domain.rejections import Rejected
from backend.imaging.domain.suv import suv_from

# No single frame is decoded that needs more memory than this.
LARGEST_FRAME_BYTES = 1 << 30
MOST_FRAMES = 1_000_000
MOST_WINDOWS = 8


@dataclass(frozen=True)
class Pixels:
    """The image pixel module as stored. `is_float` is 32 or 64 bits of IEEE numbers."""

    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    planar: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    is_float: bool

    @property
    def frame_bits(self) -> int:
        """Bits of one frame, uncompressed."""
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples
        return self.rows * self.columns * samples * self.bits_allocated


def pixels_from(header: Header, *, is_float: bool) -> Pixels:
    """Return the layout; raises Rejected where the header says what cannot be."""
    allocated = _whole(header, "00280100", "Bits Allocated", 1, 64)
    stored = integer(header, "00280101") or allocated
    high = integer(header, "00280102")
    pixels = Pixels(
        rows=_whole(header, "00280010", "Rows", 1, 0xFFFF),
        columns=_whole(header, "00280011", "Columns", 1, 0xFFFF),
        frames=_frames(header),
        samples=integer(header, "00280002") or 1,
        photometric=text(header, "00280004", 16) or "MONOCHROME2",
        planar=integer(header, "00280006") or 0,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=stored - 1 if high is None else high,
        signed=integer(header, "00280103") == 1,
        is_float=is_float,
    )
    _check(pixels)
    return pixels


def _whole(header: Header, tag: str, name: str, least: int, most: int) -> int:
    value = integer(header, tag)
    if value is None or not least <= value <= most:
        raise Rejected("imaging.bad_pixel_module", why=f"{name} is missing or out of range")
    return value


def _frames(header: Header) -> int:
    if "Value" not in header.get("00280008", {}):
        return 1
    frames = integer(header, "00280008")
    if frames is None or not 0 <= frames <= MOST_FRAMES:
        raise Rejected("imaging.bad_pixel_module", why="Number of Frames is no sensible number")
    return frames or 1


def _check(pixels: Pixels) -> None:
    if pixels.samples not in {1, 3, 4}:
        raise Rejected("imaging.bad_pixel_module", why="Samples per Pixel is neither 1 nor 3")
    if pixels.bits_allocated not in {1, 8, 16, 32, 64}:
        raise Rejected("imaging.bad_pixel_module", why="Bits Allocated is not 1, 8, 16, 32 or 64")
    if not 1 <= pixels.bits_stored <= pixels.bits_allocated:
        raise Rejected("imaging.bad_pixel_module", why="Bits Stored exceeds Bits Allocated")
    if pixels.frame_bits > LARGEST_FRAME_BYTES * 8:
        raise Rejected("imaging.absurd_size", why=f"{pixels.columns} x {pixels.rows} pixels")


def values_from(header: Header) -> dict[str, object]:
    """Return how stored values become shown ones, for the whole instance.

    PS3.3 C.11.1 (Modality LUT: a table, or slope and intercept), C.11.2 (VOI LUT: windows and
    tables), C.8.8.3 (dose grids). `header` may be the functional group of one frame. `suv` is the
    factor that makes SUV of a PET value, `suv_why` the sentence about it.
    """
    shared = first_item(header, "52009229")
    transform = first_item(shared, "00289145") or first_item(header, "00289145") or header
    voi = first_item(shared, "00289132") or first_item(header, "00289132") or header
    table = first_item(header, "00283000")
    intercept = None if table else number(transform, "00281052")
    below_zero = not table and ((intercept or 0) < 0 or integer(header, "00280103") == 1)
    centers = numbers(voi, "00281050") or []
    widths = numbers(voi, "00281051") or []
    count = min(len(centers), len(widths), MOST_WINDOWS)
    suv = suv_from(header)
    return {
        "slope": None if table else _slope(header, transform),
        "intercept": intercept,
        "rescale_type": _unit(header, transform, table),
        "table": bool(table),
        "center": centers[:count],
        "width": widths[:count],
        "tables": tables_described(voi, below_zero=below_zero),
        "voi_function": text(voi, "00281056", 16) or None,
        "aspect": numbers(header, "00280034", 2),
        "overlays": overlay_names(header),
        "suv": suv.factor if suv else None,
        "suv_why": suv.why if suv else None,
    }


def _slope(header: Header, transform: Header) -> float | None:
    """Return the rescale slope; a dose grid (PS3.3 C.8.8.3) calls it Dose Grid Scaling."""
    slope = number(transform, "00281053")
    return number(header, "3004000E") if slope is None else slope


def _unit(header: Header, transform: Header, table: Header) -> str | None:
    if table:
        return text(table, "00283004", 16) or None
    dose = text(header, "30040002", 16) if "3004000E" in header else ""
    return text(transform, "00281054", 16) or dose or None


def table_bits(header: Header) -> int | None:
    """Return the bits of what a Modality LUT makes of stored values; None without one."""
    table = first_item(header, "00283000")
    descriptor = numbers(table, "00283002", 3)
    return int(descriptor[2]) if descriptor else None
