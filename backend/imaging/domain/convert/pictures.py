"""PNG, JPEG, WebP, BMP and GIF by Pillow: upright, with every value as it is."""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import GifImagePlugin, Image, ImageOps, ImageSequence

from backend.imaging.domain.convert.model import Limits, Pictures, Source, Voxels
from backend.imaging.domain.convert.nifti import NO_ALPHA
from backend.imaging.domain.rejections import Rejected

JPEG_METHOD = "ISO_10918_1"
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
# Each picture of an animation in true colour, for their palettes differ.
GifImagePlugin.LOADING_STRATEGY = GifImagePlugin.LoadingStrategy.RGB_ALWAYS
LONGEST_SIDE = 0xFFFF
LARGEST_PROFILE = 1 << 20
TURNED = "The camera was held sideways; the picture was turned upright."
SHORTENED = "Its colours of 16 bits were shortened to 8, as DICOM pictures have them."
FROM_CMYK = "Its printing colours (CMYK) were turned into red, green and blue."
MADE_GREY = "All its colours were shades of grey; it was kept as grey, with the same values."
_ORIENTATION = 0x0112


def read_picture(source: Source) -> Pictures:
    """Read a PNG, JPEG, WebP, BMP or GIF, animated or not; raises Rejected."""
    with _opened(source.path) as image:
        _refuse_size(image.width, image.height, getattr(image, "n_frames", 1), source.limits)
        count = int(getattr(image, "n_frames", 1))
        remarks = _remarks(image, source.path)
        profile = image.info.get("icc_profile") or b""
        lossy = JPEG_METHOD if image.format == "JPEG" else ""
        frames = [upright(image)] if count == 1 else []
        first = frames[0] if frames else upright(next(iter(ImageSequence.Iterator(image))))
        duration = image.info.get("duration") if count > 1 else None
        name = str(image.format)
    if count == 1 and is_really_grey(first):
        frames, first = [first[..., 0].copy()], first[..., 0]
        remarks.append(MADE_GREY)
    return Pictures(
        format=name,
        count=count,
        rows=first.shape[0],
        columns=first.shape[1],
        is_colour=first.ndim == 3,
        bits=8 * first.dtype.itemsize,
        frames=lambda: iter(frames) if frames else _each(source.path, first.shape),
        frame_time_ms=float(duration) if duration else None,
        lossy=lossy,
        icc_profile=profile if len(profile) <= LARGEST_PROFILE else b"",
        remarks=remarks,
    )


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture; whatever goes wrong while it is open becomes a sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                yield image
    except Rejected:
        raise
    except Image.DecompressionBombError:
        raise Rejected("imaging.source_too_large", why="too many pixels") from None
    except Exception:  # noqa: BLE001  decoders raise many kinds on damaged files
        raise Rejected("imaging.picture_unreadable") from None


def _refuse_size(columns: int, rows: int, count: int, limits: Limits) -> None:
    if max(columns, rows) > LONGEST_SIDE or columns * rows > limits.most_pixels:
        raise Rejected("imaging.source_too_large", why=f"{columns} x {rows} pixels")
    if count > limits.most_frames or columns * rows * count > limits.most_bytes:
        raise Rejected("imaging.source_too_large", why=f"{count} pictures")


def refuse_picture_size(columns: int, rows: int, count: int, limits: Limits) -> None:
    """Refuse pictures that are larger than one instance or memory should hold."""
    _refuse_size(columns, rows, count, limits)


def _remarks(image: Image.Image, path: Path) -> list[str]:
    remarks = []
    if image.getexif().get(_ORIENTATION, 1) not in {0, 1}:
        remarks.append(TURNED)
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        remarks.append(NO_ALPHA)
    if image.mode == "CMYK":
        remarks.append(FROM_CMYK)
    if image.format == "PNG" and _is_deep_colour(path):
        remarks.append(SHORTENED)
    return remarks


def _is_deep_colour(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(26)
    depth, kind = struct.unpack_from("BB", head, 24)
    return depth == 16 and kind in {2, 4, 6}


def upright(image: Image.Image) -> Voxels:
    """Return pixels as [rows, columns] grey of 8 or 16 bits, or [rows, columns, 3] of 8."""
    turned = ImageOps.exif_transpose(image)
    mode = turned.mode
    if mode.startswith("I"):
        return np.asarray(turned).astype(np.uint16)
    if mode in {"L", "LA", "1"}:
        return np.asarray(turned.convert("L"))
    if mode == "P" and _has_grey_palette(turned):
        return np.asarray(turned.convert("L"))
    # Pillow's convert would blend nothing: alpha is dropped, colours stay as they are.
    return np.asarray(turned.convert("RGB"))


def _has_grey_palette(image: Image.Image) -> bool:
    palette: Any = image.getpalette("RGB")
    if palette is None:
        return False
    used = np.unique(np.asarray(image))
    colours = np.asarray(palette, dtype=np.uint8).reshape(-1, 3)
    used = used[used < len(colours)]
    return is_really_grey(colours[used][None])


def is_really_grey(colours: Voxels) -> bool:
    """Tell whether red, green and blue are the same everywhere."""
    if colours.ndim != 3:
        return False
    return bool((colours[..., :1] == colours[..., :3]).all())


def _each(path: Path, shape: tuple[int, ...]) -> Iterator[Voxels]:
    with _opened(path) as image:
        for frame in ImageSequence.Iterator(image):
            pixels = upright(frame)
            if pixels.shape != shape:
                pixels = np.asarray(frame.convert("RGB" if len(shape) == 3 else "L"))
            yield pixels
