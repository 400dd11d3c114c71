"""What codestreams say of themselves, read without decoding, and which of them can be decoded."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom import uid as uids

from backend.imaging.domain.pixels import Pixels
from backend.imaging.domain.rejections import Rejected
from ml_worker.pixels.bit_frames import DEFLATED_FRAMES
from ml_worker.pixels.films import VIDEO

NATIVE = frozenset(
    {
        uids.ImplicitVRLittleEndian,
        uids.ExplicitVRLittleEndian,
        uids.ExplicitVRBigEndian,
        uids.DeflatedExplicitVRLittleEndian,
    }
)
_LOSSY_JPEG = frozenset({uids.JPEGBaseline8Bit, uids.JPEGExtended12Bit})
_DECODABLE = frozenset(
    {
        *NATIVE,
        *_LOSSY_JPEG,
        uids.JPEGLossless,
        uids.JPEGLosslessSV1,
        uids.JPEGLSLossless,
        uids.JPEGLSNearLossless,
        uids.JPEG2000Lossless,
        uids.JPEG2000,
        uids.HTJ2KLossless,
        uids.HTJ2KLosslessRPCL,
        uids.HTJ2K,
        uids.RLELossless,
        DEFLATED_FRAMES,
    }
)
_START_OF_FRAME = frozenset({0xC0, 0xC1, 0xC2, 0xC3})
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_START_OF_SCAN = 0xDA


@dataclass(frozen=True)
class CodestreamSize:
    """The SIZ marker of a JPEG 2000 codestream."""

    columns: int
    rows: int
    components: int
    depth: int
    signed: bool


def refuse_undecodable(syntax: str, pixels: Pixels, first_bytes: bytes) -> None:
    """Raise Rejected for frames that no decoder here can read; better now than in the viewer."""
    if syntax in VIDEO:
        return
    if syntax not in _DECODABLE:
        raise Rejected("imaging.not_decodable", why=uids.UID(syntax).name)
    if pixels.samples == 4:
        raise Rejected("imaging.not_decodable", why="four samples per pixel")
    if syntax in _LOSSY_JPEG and not _has_sound_scan(first_bytes):
        raise Rejected("imaging.not_decodable", why="its JPEG header is damaged")
    size = wavelet_size(first_bytes)
    if size is not None and (size.columns, size.rows) != (pixels.columns, pixels.rows):
        why = "the compressed image has another size than the header says"
        raise Rejected("imaging.bad_pixel_module", why=why)


def wavelet_size(codestream: bytes) -> CodestreamSize | None:
    """Read the SIZ marker; None where the bytes start no bare JPEG 2000 codestream."""
    if len(codestream) < 43 or codestream[:4] != b"\xff\x4f\xff\x51":
        return None
    right, bottom, left, top = struct.unpack_from(">4I", codestream, 8)
    (components,) = struct.unpack_from(">H", codestream, 40)
    depth = codestream[42]
    return CodestreamSize(
        right - left, bottom - top, components, (depth & 0x7F) + 1, bool(depth & 0x80)
    )


def jpeg_depth(codestream: bytes) -> int | None:
    """Return the bits per sample of a JPEG frame header; None where none is found."""
    for marker, body in _jpeg_segments(codestream):
        if marker in _START_OF_FRAME and body:
            return body[0]
    return None


def _has_sound_scan(codestream: bytes) -> bool:
    """Tell whether a sequential JPEG's first scan covers all 64 coefficients, as it must."""
    sequential = False
    for marker, body in _jpeg_segments(codestream):
        if marker in _SEQUENTIAL:
            sequential = True
        if marker == _START_OF_SCAN and len(body) >= 3:
            return not sequential or body[-3:-1] == b"\x00\x3f"
    return True


def _jpeg_segments(codestream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, body) up to and with the first scan header."""
    place = 2
    while place + 4 <= len(codestream) and codestream[place] == 0xFF:
        marker = codestream[place + 1]
        (length,) = struct.unpack_from(">H", codestream, place + 2)
        yield marker, codestream[place + 4 : place + 2 + length]
        if marker == _START_OF_SCAN:
            return
        place += 2 + length
