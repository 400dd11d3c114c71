"""In which encoding frames are served, decided once at ingest.

The browser is only given what it is known to decode exactly. Everything else is served as a
lossless rendition (explicit little endian; colour as interleaved 8-bit RGB), made when first
asked for. What is described here is what is served.
"""

from typing import Any

from pydicom import uid as uids

from backend.imaging.domain.codecs import wavelet_size
from backend.imaging.domain.pixels import Pixels

PLAIN = frozenset({uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian})
MONOCHROME = frozenset({"MONOCHROME1", "MONOCHROME2"})
WAVELETS = frozenset({uids.JPEG2000Lossless, uids.HTJ2KLossless, uids.HTJ2KLosslessRPCL})


def is_exact(syntax: str, pixels: Pixels, first_bytes: bytes) -> bool:
    """Tell whether the browser decodes the stored frames exactly as the reference does.

    `first_bytes` are the first of the first frame, for what only the codestream says.
    """
    plain = pixels.bits_allocated in {8, 16} and not pixels.is_float
    if syntax in PLAIN:
        return plain and (_is_grey(pixels) or _is_plain_rgb(pixels))
    if not plain or not _is_grey(pixels):
        return False
    if syntax == uids.RLELossless:
        return True
    if syntax == uids.JPEGLSLossless:
        return not pixels.signed
    return syntax in WAVELETS and _says_the_same(first_bytes, pixels)


def _is_grey(pixels: Pixels) -> bool:
    return pixels.samples == 1 and pixels.photometric in MONOCHROME


def _is_plain_rgb(pixels: Pixels) -> bool:
    layout = (pixels.samples, pixels.photometric, pixels.planar, pixels.bits_allocated)
    return layout == (3, "RGB", 0, 8) and pixels.bits_stored == 8


def _says_the_same(first_bytes: bytes, pixels: Pixels) -> bool:
    """Compare sign and depth in the J2K SIZ marker with the header's; codecs believe the marker."""
    size = wavelet_size(first_bytes)
    said = size and (size.components, size.depth, size.signed)
    return said == (1, pixels.bits_stored, pixels.signed)


def describe(pixels: Pixels, *, exact: bool) -> dict[str, Any]:
    """Return the layout of what is served: the stored one if exact, else the rendition's."""
    grey = _is_grey(pixels)
    if exact:
        bits, stored, high = pixels.bits_allocated, pixels.bits_stored, pixels.high_bit
        signed, photometric = pixels.signed, pixels.photometric
    elif not grey:
        bits, stored, high, signed, photometric = 8, 8, 7, False, "RGB"
    else:
        photometric = pixels.photometric
        bits, stored, high, signed = _rendition_bits(pixels)
    samples = 1 if grey else 3
    return {
        "samples_per_pixel": samples,
        "photometric_interpretation": photometric,
        "bits_allocated": bits,
        "bits_stored": stored,
        "high_bit": high,
        "pixel_representation": int(signed),
        "planar_configuration": 0 if samples == 3 else None,
    }


def through_table(described: dict[str, Any], bits: int) -> dict[str, Any]:
    """Return the layout of values that went through a Modality LUT of so many bits (C.11.1)."""
    allocated = 8 if bits <= 8 else 16
    return {
        **described,
        "bits_allocated": allocated,
        "bits_stored": allocated,
        "high_bit": allocated - 1,
        "pixel_representation": 0,
    }


def _rendition_bits(pixels: Pixels) -> tuple[int, int, int, bool]:
    """Bits allocated, stored, high bit and sign of a grey rendition; 32 bits are IEEE floats."""
    if pixels.is_float or pixels.bits_allocated > 16:
        return 32, 32, 31, True
    if pixels.bits_allocated <= 8:
        return 8, max(pixels.bits_stored, 1), pixels.bits_stored - 1, pixels.signed
    return 16, pixels.bits_stored, pixels.bits_stored - 1, pixels.signed
