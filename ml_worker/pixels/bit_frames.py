"""Frames that pydicom's decoders leave out: run lengths of single bits, and deflated frames.

RLE Lossless of one bit a pixel packs the bits first (PS3.5 8.2.2, annex G); Deflated Image Frame
Compression deflates each frame by itself (PS3.5 8.2.16).
"""

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid as uids
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame

DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"


def is_left_out(syntax: str, bits_allocated: int) -> bool:
    """Tell whether frames of this syntax and depth are decoded here."""
    return syntax == DEFLATED_FRAMES or (syntax == uids.RLELossless and bits_allocated == 1)


def bit_frame(dataset: Dataset, syntax: str, number: int) -> NDArray[Any]:
    """Return frame `number` (from 1), (rows, columns); raises where it is damaged."""
    frames = int(dataset.get("NumberOfFrames") or 1)
    packed = get_frame(dataset.PixelData, number - 1, number_of_frames=frames)
    shape = (int(dataset.Rows), int(dataset.Columns))
    bits = int(dataset.BitsAllocated)
    needed = (shape[0] * shape[1] * bits + 7) // 8
    raw = _inflated(packed, needed) if syntax == DEFLATED_FRAMES else _unpacked(packed)
    if len(raw) < needed or int(dataset.get("SamplesPerPixel") or 1) != 1:
        raise ValueError("the frame holds fewer pixels than it should")
    if bits == 1:
        plain = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
        return plain[: shape[0] * shape[1]].reshape(shape)
    kind = "i" if dataset.get("PixelRepresentation") else "u"
    return np.frombuffer(raw[:needed], f"<{kind}{bits // 8}").reshape(shape)


def _inflated(packed: bytes, needed: int) -> bytes:
    """Inflate a frame; never to more than it should hold, and a byte."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, needed + 1)


def _unpacked(packed: bytes) -> bytes:
    """Undo the run lengths of the one segment that packed bits have."""
    import imagecodecs  # noqa: PLC0415  heavy, and rarely needed

    segments, first = struct.unpack_from("<II", packed)
    if segments != 1:
        raise ValueError("bits lie in one segment")
    return bytes(imagecodecs.packbits_decode(packed[first:]))
