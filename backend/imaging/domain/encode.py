"""Frames encoded for those who ask for another transfer syntax; always without loss."""

import struct
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
from pydicom import uid as uids

from backend.imaging.domain.decode import Pixels

EXPLICIT_LITTLE = str(uids.ExplicitVRLittleEndian)
JPEG_LS = str(uids.JPEGLSLossless)
HTJ2K = str(uids.HTJ2KLossless)
HTJ2K_PROGRESSIVE = str(uids.HTJ2KLosslessRPCL)
# What frames and instances can be made into.
MADE = (EXPLICIT_LITTLE, JPEG_LS, HTJ2K, HTJ2K_PROGRESSIVE)
LARGEST_LENGTH = 0xFFFFFFFE
_ITEM = struct.Struct("<HHI")
_PIXELS = b"\xe0\x7f\x10\x00"
# Tag and representation of native pixel data, by the kind and the bytes of a sample.
_NATIVE = {
    ("f", 4): b"\xe0\x7f\x08\x00OF",
    ("f", 8): b"\xe0\x7f\x09\x00OD",
    ("i", 1): _PIXELS + b"OB",
    ("u", 1): _PIXELS + b"OB",
}


def can_make(syntax: str, bits_allocated: int) -> bool:
    """Tell whether frames of this depth can be made into a transfer syntax."""
    return syntax == EXPLICIT_LITTLE or (syntax in MADE and bits_allocated in {8, 16})


def encode_frame(array: Pixels, syntax: str, *, bits_allocated: int = 16) -> bytes:
    """Return a decoded frame, (rows, columns) or (rows, columns, 3), in a lossless syntax."""
    if syntax == EXPLICIT_LITTLE:
        return _native(array, bits_allocated)
    import imagecodecs  # noqa: PLC0415  heavy, and only for those who ask

    frame = np.ascontiguousarray(array)
    if syntax == JPEG_LS:
        unsigned = frame.view(f"u{frame.dtype.itemsize}")  # it knows no sign: the bits are kept
        return bytes(imagecodecs.jpegls_encode(unsigned))
    if syntax == HTJ2K:
        return bytes(imagecodecs.htj2k_encode(frame, reversible=True))
    return bytes(
        imagecodecs.htj2k_encode(
            frame,
            reversible=True,
            tlm=True,
            tilepart=imagecodecs.HTJ2K.TILEPART.RESOLUTIONS,
        )
    )


def decode_htj2k(codestream: bytes) -> Pixels:
    """Return the values of an HTJ2K codestream."""
    import imagecodecs  # noqa: PLC0415  heavy, and only for those who ask

    return np.asarray(imagecodecs.htj2k_decode(codestream))


def _native(array: Pixels, bits_allocated: int) -> bytes:
    if bits_allocated == 1:
        return np.packbits(array.ravel().astype(bool), bitorder="little").tobytes()
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()


def write_native(
    target: BinaryIO, frames: Iterable[bytes], size: int, sample: np.dtype[Any]
) -> None:
    """Append a pixel data element in explicit little endian; `size` is the bytes of all frames."""
    padded = size + size % 2
    lead = _NATIVE.get((sample.kind, sample.itemsize), _PIXELS + b"OW")
    target.write(lead + struct.pack("<HI", 0, padded))
    target.writelines(frames)
    target.write(b"\0" * (padded - size))


def write_encapsulated(target: BinaryIO, frames: Iterable[bytes], count: int) -> None:
    """Append encapsulated pixel data with its offset table; frames are taken one at a time.

    The table is written when the offsets are known; where they outgrow it, it stays empty.
    """
    target.write(_PIXELS + b"OB" + struct.pack("<HI", 0, 0xFFFFFFFF))
    table = target.tell()
    target.write(_ITEM.pack(0xFFFE, 0xE000, 4 * count) + bytes(4 * count))
    first = target.tell()
    offsets = []
    for frame in frames:
        offsets.append(target.tell() - first)
        padding = b"\0" * (len(frame) % 2)
        target.write(_ITEM.pack(0xFFFE, 0xE000, len(frame) + len(padding)) + frame + padding)
    target.write(_ITEM.pack(0xFFFE, 0xE0DD, 0))
    if offsets and offsets[-1] <= LARGEST_LENGTH:
        target.seek(table + _ITEM.size)
        target.write(struct.pack(f"<{count}I", *offsets))
        target.seek(0, 2)
