"""Pictures for looking at: windowed, cut and scaled as a client asks (PS3.18 8.3.5)."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from backend.core.errors import LimnError
from backend.imaging.domain.decode import Pixels
from backend.imaging.domain.presets import function_of, percentiles_of

Kind = Literal["JPEG", "PNG", "WEBP"]
LARGEST_SIDE = 8192
_ABDOMEN = (60.0, 400.0)
_FUNCTIONS = ("linear", "linear-exact", "sigmoid")


class BadLook(LimnError):
    """A picture is asked for in a way that cannot be."""

    status = 400
    code = "dicomweb.bad_rendering"


@dataclass(frozen=True)
class Window:
    """Which shown values are grey, between black and white."""

    center: float
    width: float
    function: str = "linear-exact"


@dataclass(frozen=True)
class Look:
    """How a picture shall look: `size` is the largest (columns, rows).

    `part` is what of the image is shown: left, top, width, height. A width or height of 0 reaches
    to the edge; a negative one is shown flipped.
    """

    window: Window | None = None
    size: tuple[int, int] | None = None
    part: tuple[int, int, int, int] | None = None
    quality: int = 90


def look_from(asked: Mapping[str, str]) -> Look:
    """Read the parameters of a rendered resource; raises BadLook."""
    if asked.get("annotation"):
        raise BadLook("No annotation is drawn into pictures: it could show who is on them.")
    if asked.get("iccprofile", "no") not in {"no", "yes", "srgb"}:
        raise BadLook("iccprofile must be no, yes or srgb; pictures are sRGB.")
    quality = _numbers("quality", asked.get("quality", "90"), {1})[0]
    if not 1 <= quality <= 100:
        raise BadLook("quality must be from 1 to 100.")
    size, part = _viewport(asked.get("viewport", ""))
    return Look(_window(asked.get("window", "")), size, part, int(quality))


def _numbers(name: str, text: str, counts: set[int]) -> list[float]:
    try:
        found = [float(word) for word in text.split(",")]
    except ValueError:
        found = []
    if len(found) not in counts or not np.isfinite(found).all():
        wanted = " or ".join(str(count) for count in sorted(counts))
        raise BadLook(f"{name} must be {wanted} numbers, separated by commas.")
    return found


def _window(text: str) -> Window | None:
    if not text:
        return None
    *values, function = text.split(",") if text.count(",") == 2 else [*text.split(","), "linear"]
    center, width = _numbers("window", ",".join(values), {2})
    function = function.strip().lower().replace("_", "-")
    if function not in _FUNCTIONS:
        raise BadLook(f"window's function must be one of {', '.join(_FUNCTIONS)}.")
    if width < (1 if function == "linear" else 1e-9):
        raise BadLook("window's width must be positive (at least 1 for linear).")
    return Window(center, width, function)


def _viewport(text: str) -> tuple[tuple[int, int] | None, tuple[int, int, int, int] | None]:
    if not text:
        return None, None
    words = text.split(",")
    columns, rows = map(int, _numbers("viewport", ",".join(words[:2]), {2}))
    if not (1 <= columns <= LARGEST_SIDE and 1 <= rows <= LARGEST_SIDE):
        raise BadLook(f"viewport must be from 1 to {LARGEST_SIDE} pixels on each side.")
    return (columns, rows), _part(words[2:]) if any(words[2:]) else None


def _part(words: list[str]) -> tuple[int, int, int, int]:
    """Return the part of an image that a viewport names; each of its numbers may be left out."""
    numbers = [int(_numbers("viewport", word, {1})[0]) if word else 0 for word in words]
    zeros = [
        word for word, number in zip(words[2:], numbers[2:], strict=True) if word and not number
    ]
    if len(numbers) > 4 or zeros or min(numbers[:2]) < 0:
        raise BadLook("viewport's part is left, top, width and height, within the image.")
    left, top, width, height = [*numbers, 0, 0, 0][:4]
    return left, top, width, height


def pictured(
    array: Pixels, values: Mapping[str, Any], modality: str, window: Window | None = None
) -> Image.Image:
    """Return shown values as a picture: windowed if grey, as they are if colour.

    `values` are the frame's own window and photometric interpretation.
    """
    if array.ndim == 2:
        scaled = _scaled(array, window or _own_window(modality, array, values))
        if values["photometric"] == "MONOCHROME1":
            scaled = 1 - scaled
        array = np.rint(scaled * 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(array))


def _scaled(array: Pixels, window: Window) -> Pixels:
    """Return values from 0 to 1 (PS3.3 C.11.2.1.2)."""
    center, width = window.center, window.width
    if window.function == "sigmoid":
        with np.errstate(over="ignore"):
            curve: Pixels = 1 / (1 + np.exp(-4 * (array - center) / width))
        return curve
    if window.function == "linear":
        center, width = center - 0.5, max(width - 1, 1e-9)
    line: Pixels = np.clip((array - (center - width / 2)) / width, 0, 1)
    return line


def _own_window(modality: str, array: Pixels, values: Mapping[str, Any]) -> Window:
    if values["center"] and values["width"][0] > 0:
        center, width = values["center"][0], values["width"][0]
        function = function_of(values.get("voi_function"), width)
        return Window(center, width, function.lower().replace("_", "-"))
    if modality == "CT":
        return Window(*_ABDOMEN)
    low, high = percentiles_of(array)
    return Window((low + high) / 2, high - low)


def fitted(image: Image.Image, look: Look, aspect: float = 1.0) -> Image.Image:
    """Return the part asked for, as large as fits; `aspect` is a pixel's height by its width."""
    if look.part is not None:
        image = _cut(image, *look.part)
    if look.size is None:
        return image
    tall, wide = image.height * max(aspect, 1.0), image.width * max(1 / aspect, 1.0)
    scale = min(look.size[0] / wide, look.size[1] / tall)
    size = (max(1, round(wide * scale)), max(1, round(tall * scale)))
    return image.resize(size, Image.Resampling.BILINEAR)


def _cut(image: Image.Image, left: int, top: int, width: int, height: int) -> Image.Image:
    """Return a part of an image, flipped where its width or height is negative."""
    if left >= image.width or top >= image.height:
        raise BadLook("viewport's part must lie within the image.")
    right = min(left + (abs(width) or image.width), image.width)
    bottom = min(top + (abs(height) or image.height), image.height)
    image = image.crop((left, top, right, bottom))
    if width < 0:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if height < 0 else image


def encoded(image: Image.Image, kind: Kind, quality: int) -> bytes:
    """Return the picture as bytes of a file."""
    target = io.BytesIO()
    if kind == "PNG":
        image.save(target, kind)
    else:
        image.convert("RGB" if image.mode not in {"L", "RGB"} else image.mode).save(
            target, kind, quality=quality
        )
    return target.getvalue()
