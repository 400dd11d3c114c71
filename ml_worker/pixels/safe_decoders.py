"""pydicom's decoders, kept from taking the process with them.

Two of them do worse than raise when a frame lies. One written in C++ ends the process where the
JPEG stream is not whole or says something else than the header, so both are looked at before. One written in
Rust raises what no ordinary handler catches. What either refuses the next decoder is asked for.
Whoever decodes imports `iter_pixels` and `pixel_array` from here.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from pydicom import uid as uids
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import iter_pixels, pixel_array

from ml_worker.pixels.jpeg_header import JpegDamaged, jpeg_header

__all__ = ["iter_pixels", "pixel_array"]

_JPEG = frozenset(
    {
        uids.JPEGBaseline8Bit,
        uids.JPEGExtended12Bit,
        uids.JPEGLossless,
        uids.JPEGLosslessSV1,
    }
)
_ENCAPSULATED = (
    *sorted(_JPEG),
    *uids.JPEGLSTransferSyntaxes,
    uids.JPEG2000Lossless,
    uids.JPEG2000,
    uids.HTJ2KLossless,
    uids.HTJ2KLosslessRPCL,
    uids.HTJ2K,
    uids.RLELossless,
)
_LABELS = ("gdcm", "pillow", "pyjpegls", "pylibjpeg", "pydicom")
# pydicom asks its plugins for this.
DECODER_DEPENDENCIES: dict[str, tuple[str, ...]] = {}


def is_available(uid: str) -> bool:  # noqa: ARG001  as pydicom asks
    """Tell pydicom that a plugin which was there before still is."""
    return True


def _refuse_lies(stream: bytes, runner: Any) -> None:  # noqa: ANN401  pydicom's own
    header = jpeg_header(stream)
    told = (runner.rows, runner.columns, runner.samples_per_pixel)
    if (header.rows, header.columns, header.samples) != told:
        raise JpegDamaged("The JPEG stream says something else than the header.")
    if not 2 <= header.precision <= runner.bits_allocated:
        raise JpegDamaged("The samples of the JPEG stream do not fit.")


def _guarded(label: str) -> Callable[[bytes, Any], Any]:
    decode = import_module(f"pydicom.pixels.decoders.{_MODULES.get(label, label)}")._decode_frame  # noqa: SLF001

    def guarded(src: bytes, runner: Any) -> Any:  # noqa: ANN401
        if label == "gdcm" and runner.transfer_syntax in _JPEG:
            _refuse_lies(src, runner)
        try:
            return decode(src, runner)
        except Exception:
            raise
        except BaseException as error:
            if type(error).__name__ == "PanicException":
                raise ValueError("The decoder gave up.") from None
            raise

    return guarded


_MODULES = {"pydicom": "rle"}
gdcm, pillow, pyjpegls, pylibjpeg, pydicom = (_guarded(label) for label in _LABELS)


def _install() -> None:
    """Put the guarded plugins in the place of pydicom's, in its own order."""
    for uid in _ENCAPSULATED:
        decoder = get_decoder(uid)
        for label in list(decoder._available):  # noqa: SLF001  the public list has lost the order
            decoder.remove_plugin(label)
            decoder.add_plugin(label, (__name__, label))


_install()
