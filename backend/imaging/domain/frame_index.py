"""Where each frame lies in its file, so that serving one is reading one run of bytes.

Native pixel data: arithmetic. Encapsulated: one pass over the fragments' item headers; nothing
is decoded. The index packs little-endian uint64 (offset, length) per frame; length 0 marks a
frame that is no single run of bytes (several fragments) and must be put together.
"""

import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from backend.imaging.domain.pixels import Pixels
from backend.imaging.domain.rejections import Rejected

_PAIR = struct.Struct("<QQ")
_ITEM = 0xE000
_END = 0xE0DD
_UNDEFINED = 0xFFFFFFFF
_PIXEL_VRS = frozenset({b"OB", b"OW", b"OF", b"OD", b"UN"})
_LONGEST_TABLE = 1 << 24

Buffer = mmap.mmap | bytes | memoryview


@dataclass(frozen=True)
class PixelElement:
    """The pixel data element: where its value starts and how long it says it is."""

    tag: int
    value_offset: int
    length: int

    @property
    def is_encapsulated(self) -> bool:
        """Tell whether the value is a sequence of fragments."""
        return self.length == _UNDEFINED


@dataclass(frozen=True)
class Fragment:
    """One item of encapsulated pixel data: its header, its first byte and its length."""

    item_offset: int
    offset: int
    length: int


def read_pixel_element(buffer: Buffer, offset: int, *, little: bool) -> PixelElement | None:
    """Read the element header at `offset`; None where no pixel data element starts.

    Whether it is explicit is seen from the bytes: some files say one thing and do the other.
    """
    order = "<" if little else ">"
    size = 12 if bytes(buffer[offset + 4 : offset + 6]) in _PIXEL_VRS else 8
    if offset + size > len(buffer):
        return None
    group, element = struct.unpack_from(order + "HH", buffer, offset)
    if group != 0x7FE0 or element not in {0x0008, 0x0009, 0x0010}:
        return None
    (length,) = struct.unpack_from(order + "I", buffer, offset + size - 4)
    return PixelElement((group << 16) | element, offset + size, length)


def native_index(element: PixelElement, pixels: Pixels, file_size: int) -> bytes:
    """Return the index of native pixel data; raises Rejected where bytes are missing."""
    needed = (pixels.frame_bits * pixels.frames + 7) // 8
    there = min(element.length, file_size - element.value_offset)
    if there < needed:
        raise Rejected("imaging.truncated")
    if pixels.frame_bits % 8:
        return pack([(0, 0)] * pixels.frames)
    size = pixels.frame_bits // 8
    return pack([(element.value_offset + n * size, size) for n in range(pixels.frames)])


def encapsulated_index(
    buffer: Buffer, element: PixelElement, frames: int, long_offsets: Sequence[int] = ()
) -> bytes:
    """Return the index of encapsulated pixel data; `long_offsets` is the extended offset table."""
    table, fragments = read_fragments(buffer, element.value_offset)
    if len(fragments) < frames:
        raise Rejected("imaging.truncated")
    if len(fragments) == frames:
        return pack([(part.offset, part.length) for part in fragments])
    starts = _starts(buffer, fragments, long_offsets or table, frames)
    if starts is None:
        return pack([(0, 0)] * frames)
    ends = [*starts[1:], len(fragments)]
    runs = [
        (fragments[first].offset, fragments[first].length) if end - first == 1 else (0, 0)
        for first, end in zip(starts, ends, strict=True)
    ]
    return pack(runs)


def read_fragments(buffer: Buffer, offset: int) -> tuple[list[int], list[Fragment]]:
    """Return the basic offset table and the fragments; raises Rejected where the file ends early."""
    table_item = _item(buffer, offset)
    if table_item is None or table_item.length > _LONGEST_TABLE:
        raise Rejected("imaging.truncated")
    count = table_item.length // 4
    table = list(struct.unpack_from(f"<{count}I", buffer, table_item.offset))
    fragments: list[Fragment] = []
    place = table_item.offset + table_item.length
    while True:
        part = _item(buffer, place)
        if part is None:
            return table, fragments
        fragments.append(part)
        place = part.offset + part.length


def _item(buffer: Buffer, offset: int) -> Fragment | None:
    """Read an item header; None at the sequence delimiter (or the file's end just there)."""
    if offset >= len(buffer):
        return None
    if offset + 8 > len(buffer):
        raise Rejected("imaging.truncated")
    group, element, length = struct.unpack_from("<HHI", buffer, offset)
    if group == 0xFFFE and element == _END:
        return None
    if group != 0xFFFE or element != _ITEM or offset + 8 + length > len(buffer):
        raise Rejected("imaging.truncated")
    return Fragment(offset, offset + 8, length)


def _starts(
    buffer: Buffer, fragments: list[Fragment], table: Sequence[int], frames: int
) -> list[int] | None:
    """Return the number of each frame's first fragment; None where it cannot be told."""
    if frames == 1:
        return [0]
    first = fragments[0].item_offset
    places = {part.item_offset - first: n for n, part in enumerate(fragments)}
    if len(table) == frames and all(place in places for place in table):
        return sorted(places[place] for place in table)
    begins = [n for n, part in enumerate(fragments) if _begins_codestream(buffer, part)]
    return begins if len(begins) == frames and begins[0] == 0 else None


def _begins_codestream(buffer: Buffer, part: Fragment) -> bool:
    head = bytes(buffer[part.offset : part.offset + 4])
    return head[:2] == b"\xff\xd8" or head == b"\xff\x4f\xff\x51"


def pack(pairs: Sequence[tuple[int, int]]) -> bytes:
    """Pack (offset, length) pairs."""
    return b"".join(_PAIR.pack(*pair) for pair in pairs)


def count(index: bytes) -> int:
    """Return how many frames an index speaks of."""
    return len(index) // _PAIR.size


def lookup(index: bytes, number: int) -> tuple[int, int] | None:
    """Return (offset, length) of frame `number` from 1; None where it is no single run."""
    if not 1 <= number <= len(index) // _PAIR.size:
        return None
    offset, length = _PAIR.unpack_from(index, (number - 1) * _PAIR.size)
    return (offset, length) if length else None
