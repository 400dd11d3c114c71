"""Pictures of nobody with planted names: what the search for burned-in text is measured on."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

Picture = NDArray[Any]
FAMILY = [
    "Abernathy",
    "Brightwater",
    "Castellanos",
    "Dunmore",
    "Ellingham",
    "Farnborough",
    "Grijalva",
    "Hollander",
    "Ibsen",
    "Jovanovic",
    "Kowalczyk",
    "Lindqvist",
    "Montague",
    "Nakamura",
    "Oyelaran",
    "Pemberton",
    "Quintero",
    "Rasmussen",
    "Sokolov",
    "Thibodeaux",
]
GIVEN = [
    "Adelheid",
    "Bartholomew",
    "Cordelia",
    "Desmond",
    "Eleonora",
    "Ferdinand",
    "Gwendolyn",
    "Horatio",
    "Isolde",
    "Jedediah",
    "Katarzyna",
    "Leopold",
    "Mirabelle",
    "Nathaniel",
    "Ottilie",
    "Perceval",
    "Quentin",
    "Rosalind",
    "Sebastian",
    "Theodora",
]
SIZES = (0, 10, 12, 16, 24, 40)  # 0 is a bitmap font of eleven pixels
CONTRASTS = (1.0, 0.6, 0.4, 0.25, 0.18)
KINDS = ("ct", "mr", "us", "cr", "screen")


@dataclass(frozen=True)
class Planted:
    """A picture, and where text was written: (top, left, bottom, right), None for nowhere."""

    kind: str
    picture: Picture
    text: str
    size: int
    contrast: float
    box: tuple[int, int, int, int] | None


def name_of(rng: np.random.Generator) -> str:
    """Return a name that nobody has."""
    return f"{rng.choice(FAMILY)}^{rng.choice(GIVEN)}"


def burned_text(rng: np.random.Generator) -> str:
    """Return what a device writes into a corner: a name, often with a number or a birth date."""
    family, given = name_of(rng).split("^")
    born = f"{rng.integers(1, 29):02d}.{rng.integers(1, 13):02d}.{rng.integers(1930, 2005)}"
    forms = (
        f"{family.upper()}, {given.upper()}",
        f"{family} {given}",
        f"{family}^{given}  {born}",
        f"ID {rng.integers(10**6, 10**7)} {family.upper()}",
    )
    return str(forms[int(rng.integers(len(forms)))])


def clean_picture(kind: str, rng: np.random.Generator) -> Picture:
    """Return a picture of 0..1 without a letter in it."""
    return {"ct": _ct, "mr": _mr, "us": _us, "cr": _cr, "screen": _screen}[kind](rng)


def planted(seed: int, each: int) -> Iterator[Planted]:
    """Yield pictures with text of every kind, size and contrast, `each` times."""
    for kind in KINDS:
        for size in SIZES:
            for contrast in CONTRASTS:
                for turn in range(each):
                    rng = np.random.default_rng(
                        [seed, KINDS.index(kind), size, int(contrast * 100), turn]
                    )
                    yield write_on(clean_picture(kind, rng), kind, size, contrast, rng)


def clean(seed: int, each: int) -> Iterator[Planted]:
    """Yield pictures without text."""
    for kind in KINDS:
        for turn in range(each):
            rng = np.random.default_rng([seed, 99, KINDS.index(kind), turn])
            yield Planted(kind, stored(clean_picture(kind, rng), kind), "", 0, 0.0, None)


def write_on(
    picture: Picture, kind: str, size: int, contrast: float, rng: np.random.Generator
) -> Planted:
    """Write a name into a corner, brighter than what is there, or darker where that is bright."""
    text = burned_text(rng)
    font = ImageFont.load_default_imagefont() if size == 0 else ImageFont.load_default(size)
    left, top, right, bottom = (int(value) for value in font.getbbox(text))
    rows, columns = picture.shape
    while right > columns - 12:
        text = text[: len(text) * 3 // 4].strip()
        left, top, right, bottom = (int(value) for value in font.getbbox(text))
    x = int(rng.integers(4, max(5, columns - right - 4)))
    edge = int(
        rng.choice([rng.integers(3, 20), rng.integers(rows - bottom - 24, rows - bottom - 4)])
    )
    y = edge if rng.random() < 0.6 else int(rng.integers(3, rows - bottom - 4))
    sheet = Image.new("L", (columns, rows))
    ImageDraw.Draw(sheet).text((x, y), text, font=font, fill=255)
    ink = np.asarray(sheet, dtype=np.float32) / 255
    under = float(picture[ink > 0.5].mean())
    sign = 1.0 if under + contrast <= 1.0 or under < 0.5 else -1.0
    value = float(np.clip(under + sign * contrast, 0, 1))
    written = picture * (1 - ink) + ink * value
    where = (y + top, x + left, y + bottom, x + right)
    return Planted(kind, stored(written, kind), text, size, contrast, where)


def stored(picture: Picture, kind: str) -> Picture:
    """Return stored values as a device has them: 12 bits, or 8 bits of grey or colour."""
    if kind in {"us", "screen"}:
        grey = np.clip(picture * 255, 0, 255).astype(np.uint8)
        return lossy(np.repeat(grey[..., None], 3, axis=2))
    return np.clip(picture * 4095, 0, 4095).astype(np.uint16)


def _blobs(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Picture:
    field = ndimage.gaussian_filter(rng.standard_normal(shape), sigma)
    return np.asarray(field / (np.abs(field).max() + 1e-9), dtype=np.float32)


def _ellipse(
    shape: tuple[int, int], centre: tuple[float, float], axes: tuple[float, float]
) -> Picture:
    i, j = np.ogrid[: shape[0], : shape[1]]
    inside = ((i - centre[0]) / axes[0]) ** 2 + ((j - centre[1]) / axes[1]) ** 2
    return np.asarray(inside <= 1.0)


def _ct(rng: np.random.Generator) -> Picture:
    shape = (512, 512)
    picture = np.full(shape, 0.02, dtype=np.float32)
    picture[_ellipse(shape, (260, 256), (170, 215))] = 0.27
    for _ in range(6):
        centre = (float(rng.uniform(150, 370)), float(rng.uniform(100, 410)))
        axes = (float(rng.uniform(12, 60)), float(rng.uniform(12, 60)))
        picture[_ellipse(shape, centre, axes)] = rng.uniform(0.05, 0.36)
    for k in range(10):  # ribs and spine: small and bright
        angle = 2 * np.pi * k / 10
        centre = (260 + 155 * np.sin(angle), 256 + 198 * np.cos(angle))
        picture[_ellipse(shape, centre, (6.0, 13.0))] = rng.uniform(0.5, 0.8)
    picture[_ellipse(shape, (370, 256), (24.0, 20.0))] = 0.62
    return ndimage.gaussian_filter(picture, 0.8) + 0.012 * rng.standard_normal(shape)


def _mr(rng: np.random.Generator) -> Picture:
    shape = (320, 320)
    head = _ellipse(shape, (160, 160), (125, 100)).astype(np.float32)
    ring = head - _ellipse(shape, (160, 160), (116, 91))
    folds = (np.abs(_blobs(rng, shape, 5.0)) > 0.25) * _ellipse(shape, (160, 160), (110, 85))
    picture = 0.3 * head + 0.5 * ring + 0.25 * folds
    return np.abs(ndimage.gaussian_filter(picture, 0.9) + 0.02 * rng.standard_normal(shape))


def _us(rng: np.random.Generator) -> Picture:
    shape = (480, 640)
    i, j = np.ogrid[: shape[0], : shape[1]]
    radius, angle = np.hypot(i + 60, j - 320), np.arctan2(j - 320, i + 60)
    sector = (radius > 110) & (radius < 480) & (np.abs(angle) < 0.65)
    speckle = np.abs(ndimage.gaussian_filter(rng.standard_normal(shape), (1.0, 2.0))) * 3.0
    tissue = 0.28 + 0.22 * _blobs(rng, shape, 25.0)
    picture = np.where(sector, np.clip(tissue * (0.4 + speckle), 0, 1), 0.0)
    picture[60:320, 612:622] = np.linspace(1, 0, 260)[:, None]  # the grey bar
    picture[40:440:20, 600:606] = 0.7  # ticks of depth
    return picture.astype(np.float32)


def _cr(rng: np.random.Generator) -> Picture:
    shape = (1024, 832)
    picture = 0.45 + 0.3 * _blobs(rng, shape, 90.0)
    for k in range(9):
        centre = (200 + 75 * k, 416.0)
        ring = _ellipse(shape, centre, (60.0, 330.0)).astype(np.float32)
        ring -= _ellipse(shape, (centre[0] + 12, centre[1]), (60.0, 330.0))
        picture += 0.1 * np.clip(ring, 0, 1)
    return ndimage.gaussian_filter(picture, 1.5) + 0.01 * rng.standard_normal(shape)


def _screen(rng: np.random.Generator) -> Picture:
    shape = (600, 800)
    picture = np.full(shape, 0.12, dtype=np.float32)
    picture[:28] = 0.2
    for _ in range(3):
        i, j = int(rng.integers(60, 300)), int(rng.integers(20, 500))
        patch = np.clip(0.4 + 0.3 * _blobs(rng, (220, 240), 12.0), 0, 1)
        picture[i : i + 220, j : j + 240] = patch
    picture[560:562, 40:760] = 0.8
    return picture


def lossy(picture: Picture, quality: int = 75) -> Picture:
    """Return an 8-bit picture as a JPEG of it looks."""
    target = BytesIO()
    Image.fromarray(picture).save(target, "JPEG", quality=quality)
    return np.asarray(Image.open(target))
