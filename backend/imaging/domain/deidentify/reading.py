"""Reads boxes with Tesseract where it is installed, to tell writing from what only looks like it.

One call reads all boxes of a picture, each enlarged and dark on light on a sheet of its own lines.
What was read is never kept: only how much of it was letters or digits.
"""

import csv
import shutil
import subprocess
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.imaging.domain.deidentify.text_boxes import Box

Picture = NDArray[Any]
LINE_HEIGHT = 40
MOST_BOXES = 60
TIMEOUT_S = 20
_GAP, _MARGIN, _WIDEST = 24, 3, 2400
_SUREST = 40.0


@lru_cache(maxsize=1)
def tesseract() -> str | None:
    """Return the address of the program, None where it is not installed."""
    return shutil.which("tesseract")


def letters_read(picture: Picture, boxes: list[Box]) -> list[int] | None:
    """Return for each box how many letters and digits were read in it; None where nobody reads."""
    program = tesseract()
    if program is None or not boxes or len(boxes) > MOST_BOXES:
        return None
    grey = picture.max(axis=2) if picture.ndim == 3 else picture
    lines = [_line(grey, box) for box in boxes]
    sheet = Image.new("L", (max(line.width for line in lines) + 2 * _GAP, _place(len(lines))), 255)
    for number, line in enumerate(lines):
        sheet.paste(line, (_GAP, _place(number) + _GAP // 2))
    try:
        words = _read(program, sheet)
    except (OSError, subprocess.SubprocessError):
        return None
    counts = [0] * len(boxes)
    for middle, text in words:
        place = middle // (LINE_HEIGHT + _GAP)
        if 0 <= place < len(counts):
            counts[place] += sum(sign.isalnum() for sign in text)
    return counts


def _place(number: int) -> int:
    return number * (LINE_HEIGHT + _GAP)


def _line(grey: Picture, box: Box) -> Image.Image:
    """Return a box as dark writing on light ground, of the height that reads best."""
    part = grey[
        max(box.top - _MARGIN, 0) : box.bottom + _MARGIN,
        max(box.left - _MARGIN, 0) : box.right + _MARGIN,
    ].astype(np.float32)
    low, high = np.percentile(part, [2, 99])
    part = np.clip((part - low) / max(float(high - low), 1e-6), 0, 1)
    if np.median(part) < 0.5:
        part = 1 - part
    image = Image.fromarray((part * 255).astype(np.uint8))
    width = max(1, min(_WIDEST, round(image.width * LINE_HEIGHT / image.height)))
    return image.resize((width, LINE_HEIGHT), Image.Resampling.BICUBIC)


def _read(program: str, sheet: Image.Image) -> list[tuple[int, str]]:
    """Return the words read with some certainty, each with the row of its middle."""
    png = BytesIO()
    sheet.save(png, "PNG", compress_level=1)
    done = subprocess.run(  # noqa: S603  the program found on PATH, no shell
        [program, "stdin", "stdout", "--psm", "6", "-l", "eng", "tsv"],
        input=png.getvalue(),
        capture_output=True,
        timeout=TIMEOUT_S,
        check=True,
        env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin"},
    )
    rows = csv.DictReader(
        done.stdout.decode("utf-8", "replace").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    return [
        (int(row["top"]) + int(row["height"]) // 2, row["text"])
        for row in rows
        if row.get("text") and float(row["conf"]) >= _SUREST
    ]
