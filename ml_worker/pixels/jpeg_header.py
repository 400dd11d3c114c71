"""What stands before the first scan of a JPEG stream (ITU-T T.81 Annex B), held to be complete."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_NOT_FRAMES = {0xC4, 0xC8, 0xCC}
_LOSSLESS = {0xC3}
_SEQUENTIAL = {0xC0, 0xC1, 0xC3}


class JpegDamaged(ValueError):
    """The stream is not what its own markers say."""


@dataclass
class JpegHeader:
    """The frame header, and the tables that were defined before the first scan."""

    kind: int = 0
    precision: int = 0
    rows: int = 0
    columns: int = 0
    samples: int = 0
    quantisation: set[int] = field(default_factory=set)
    wanted_quantisation: set[int] = field(default_factory=set)
    huffman: set[int] = field(default_factory=set)


def jpeg_header(stream: bytes) -> JpegHeader:
    """Return the header of a stream; raises JpegDamaged where it is not whole.

    Tables that the first scan asks for must be there: a decoder that finds none may not live on.
    """
    header = JpegHeader()
    for marker, body in _segments(stream):
        if 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES:
            _read_frame(header, marker, body)
        elif marker == 0xC4:
            _read_huffman(header, body)
        elif marker == 0xDB:
            _read_quantisation(header, body)
        elif marker == 0xDA:
            _check_scan(header, body)
            return header
    raise JpegDamaged("The stream has no scan.")


def _segments(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the marker segments up to the end; nothing may lie between them."""
    if stream[:2] != b"\xff\xd8":
        raise JpegDamaged("The stream does not begin like JPEG.")
    at = 2
    while at + 4 <= len(stream):
        if stream[at] != 0xFF:
            raise JpegDamaged("Something lies between the segments.")
        marker, length = stream[at + 1], int.from_bytes(stream[at + 2 : at + 4], "big")
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker < 0xC0 or 0xD0 <= marker <= 0xD9 or length < 2 or at + 2 + length > len(stream):
            raise JpegDamaged("A segment cannot be meant.")
        yield marker, stream[at + 4 : at + 2 + length]
        at += 2 + length


def _read_frame(header: JpegHeader, marker: int, body: bytes) -> None:
    if header.kind or len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise JpegDamaged("The frame header is not whole.")
    header.kind = marker
    header.precision, header.rows, header.columns, header.samples = struct.unpack(">BHHB", body[:6])
    header.wanted_quantisation = set(body[8::3])


def _read_huffman(header: JpegHeader, body: bytes) -> None:
    while body:
        count = sum(body[1:17])
        if len(body) < 17 + count or count > 256:
            raise JpegDamaged("A Huffman table is not whole.")
        header.huffman.add(body[0])
        body = body[17 + count :]


def _read_quantisation(header: JpegHeader, body: bytes) -> None:
    while body:
        size = 1 + 64 * (2 if body[0] >> 4 else 1)
        if len(body) < size:
            raise JpegDamaged("A quantisation table is not whole.")
        header.quantisation.add(body[0] & 15)
        body = body[size:]


def _check_scan(header: JpegHeader, body: bytes) -> None:
    if not header.kind or not body or len(body) != 4 + 2 * body[0]:
        raise JpegDamaged("The scan header is not whole.")
    if header.kind not in _SEQUENTIAL:
        return  # progressive and arithmetic streams bring their tables as they go
    selectors = body[2 : 2 + 2 * body[0] : 2]
    wanted = {selector >> 4 for selector in selectors}
    if header.kind not in _LOSSLESS:
        wanted |= {0x10 | selector & 15 for selector in selectors}
        if not header.wanted_quantisation <= header.quantisation:
            raise JpegDamaged("A quantisation table is missing.")
    if not wanted <= header.huffman:
        raise JpegDamaged("A Huffman table is missing.")
