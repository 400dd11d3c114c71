"""Finds what looks like writing in a picture, without a model: glyphs of one colour in a row.

Text burned in by a device is drawn: its strokes are narrow, sharp, of one brightness, and stand
in a line at equal heights. Anatomy and noise rarely are all of that. The search runs at several
scales and for bright and dark ink; it would rather show a person too much than miss a name.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[Any]
Grey = NDArray[np.float32]

LARGEST_SIDE = 2048
# A coarser look, for tall letters, is worth it where the picture is larger than this.
COARSER_ABOVE = 1400
MOST_PIECES = 20_000
_LOWEST, _TALLEST = 5, 44  # heights of glyphs in pixels of one scale
_STROKE = 9  # strokes narrower than this are ink
_FEWEST = 3  # glyphs in a row


@dataclass(frozen=True, order=True)
class Box:
    """A place in a picture, in pixels: rows top..bottom, columns left..right, ends excluded.

    `letters` is how many glyphs seem to stand in it.
    """

    top: int
    left: int
    bottom: int
    right: int
    letters: int = field(default=0, compare=False)

    def document(self) -> list[int]:
        """Return the box as it is stored."""
        return [self.top, self.left, self.bottom, self.right]

    def covers(self, other: "Box") -> float:
        """Return which part of the other box lies in this one."""
        rows = min(self.bottom, other.bottom) - max(self.top, other.top)
        columns = min(self.right, other.right) - max(self.left, other.left)
        area = (other.bottom - other.top) * (other.right - other.left)
        return max(rows, 0) * max(columns, 0) / area if area else 0.0


@dataclass(frozen=True)
class _Glyph:
    """A connected piece of ink: where, how bright and how broad its strokes, how many letters."""

    box: Box
    ink: float
    stroke: float
    letters: int


def text_boxes(picture: Picture) -> list[Box]:
    """Return where a picture of stored values, grey or colour, seems to carry text."""
    grey = _grey(picture)
    found: list[Box] = []
    scale = 1
    while max(grey.shape) > LARGEST_SIDE:
        grey, scale = _halved(grey), scale * 2
    found += [_scaled(box, scale, picture) for box in _at_one_scale(grey)]
    while max(grey.shape) > COARSER_ABOVE:
        grey, scale = _halved(grey), scale * 2
        found += [_scaled(box, scale, picture) for box in _at_one_scale(grey)]
    return _merged(found)


def _grey(picture: Picture) -> Grey:
    """Return brightness as a fraction of the range in use; colour by its brightest channel."""
    flat = picture.max(axis=2) if picture.ndim == 3 else picture
    values: Grey = np.nan_to_num(flat.astype(np.float32), posinf=0.0, neginf=0.0)
    return values


def _halved(grey: Grey) -> Grey:
    rows, columns = (side - side % 2 for side in grey.shape)
    quarters = grey[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2)
    half: Grey = quarters.mean(axis=(1, 3))
    return half


def _scaled(box: Box, scale: int, picture: Picture) -> Box:
    margin = 2 * scale
    rows, columns = picture.shape[:2]
    return Box(
        max(box.top * scale - margin, 0),
        max(box.left * scale - margin, 0),
        min(box.bottom * scale + margin, rows),
        min(box.right * scale + margin, columns),
        box.letters,
    )


def _at_one_scale(grey: Grey) -> Iterator[Box]:
    for window in _windows(grey):
        for ink in (window, 1 - window):
            for fewest, glyphs in _glyphs(ink):
                yield from _lines(glyphs, fewest)


def _windows(grey: Grey) -> list[Grey]:
    """Return the picture in two windows: all values, and those of most pixels."""
    least, low, high, most = np.percentile(grey[::2, ::2], [0.1, 1, 99, 99.97])
    pairs = [(least, most)]
    if high - low < 0.6 * (most - least):
        pairs.append((low, high))
    return [
        np.clip((grey - low) / (high - low), 0, 1).astype(np.float32)
        for low, high in pairs
        if high > low
    ]


def _glyphs(grey: Grey) -> Iterator[tuple[int, list[_Glyph]]]:
    """Yield how many letters a row needs, and the connected pieces of bright, narrow strokes.

    Over a calm ground the low one finds faint writing, over a restless one only the high one
    parts the letters from what is under them.
    """
    from scipy import ndimage  # noqa: PLC0415  half a second that most processes never need

    ground = ndimage.grey_opening(grey, size=(_STROKE, _STROKE))
    stroke = grey - ground
    noise = float(np.median(np.abs(np.diff(grey, axis=1)))) * 1.5
    lowest = max(0.09, 6 * noise)
    for fewest, threshold in ((_FEWEST, lowest), (2 * _FEWEST, max(2.2 * lowest, 0.3))):
        marks, count = ndimage.label(stroke > threshold, structure=np.ones((3, 3)))
        if not 0 < count <= MOST_PIECES:
            continue
        places = enumerate(ndimage.find_objects(marks), start=1)
        pieces = (_glyph(place, marks, number, grey) for number, place in places)
        yield fewest, [piece for piece in pieces if piece is not None]


def _glyph(place: Any, marks: Picture, number: int, grey: Grey) -> _Glyph | None:  # noqa: ANN401
    rows, columns = place
    height, width = rows.stop - rows.start, columns.stop - columns.start
    if not _LOWEST <= height <= _TALLEST or width > 24 * height:
        return None
    mask = marks[place] == number
    area = int(mask.sum())
    if area < 5 or (area > 0.92 * height * width and width > 0.5 * height):
        return None
    values = grey[place][mask]
    core = float(np.percentile(values, 80))
    crossings = np.diff(mask.astype(np.int8), axis=1).astype(bool).sum(axis=1).max(initial=0)
    letters = (
        1 if width < 1.3 * height else max(1, min(int(crossings) // 3, int(width / height / 0.5)))
    )
    rim = area - _inner(mask)
    box = Box(rows.start, columns.start, rows.stop, columns.stop)
    return _Glyph(box, core, area / max(rim, 1), letters)


def _inner(mask: Picture) -> int:
    """Return how many pixels of a piece have all their neighbours in it."""
    padded = np.pad(mask, 1)
    rows, columns = mask.shape
    inner = mask.copy()
    for row in range(3):
        for column in range(3):
            inner &= padded[row : row + rows, column : column + columns]
    return int(inner.sum())


def _lines(glyphs: list[_Glyph], fewest: int) -> Iterator[Box]:
    """Yield the boxes of rows of glyphs that stand like writing."""
    ordered = sorted(glyphs, key=lambda glyph: glyph.box.left)
    open_lines: list[list[_Glyph]] = []
    for glyph in ordered:
        home = next((line for line in reversed(open_lines) if _follows(line[-1], glyph)), None)
        if home is None:
            open_lines.append([glyph])
        else:
            home.append(glyph)
    for line in open_lines:
        if _is_writing(line, fewest):
            yield _around([glyph.box for glyph in line], sum(glyph.letters for glyph in line))


def _follows(last: _Glyph, glyph: _Glyph) -> bool:
    a, b = last.box, glyph.box
    tall, low = a.bottom - a.top, b.bottom - b.top
    larger = max(tall, low)
    if min(tall, low) < 0.5 * larger or abs(last.ink - glyph.ink) > 0.15:
        return False
    gap = b.left - a.right
    if gap > 1.4 * larger or gap < -0.5 * larger:
        return False
    overlap = min(a.bottom, b.bottom) - max(a.top, b.top)
    return overlap >= 0.6 * min(tall, low)


def _is_writing(line: list[_Glyph], fewest: int) -> bool:
    letters = sum(glyph.letters for glyph in line)
    if letters < fewest:
        return False
    box = _around([glyph.box for glyph in line])
    if box.right - box.left < 1.3 * (box.bottom - box.top):
        return False
    inks = np.array([glyph.ink for glyph in line])
    bottoms = np.array([glyph.box.bottom for glyph in line])
    height = float(np.median([glyph.box.bottom - glyph.box.top for glyph in line]))
    level = np.abs(bottoms - np.median(bottoms)) <= max(1.0, 0.15 * height)
    strokes = np.array([glyph.stroke for glyph in line])
    even = strokes.std() <= 0.3 * strokes.mean()
    return bool(inks.std() <= 0.06 and level.mean() >= 0.5 and even)


def _around(boxes: list[Box], letters: int = 0) -> Box:
    return Box(
        min(box.top for box in boxes),
        min(box.left for box in boxes),
        max(box.bottom for box in boxes),
        max(box.right for box in boxes),
        letters or max(box.letters for box in boxes),
    )


def _merged(boxes: list[Box]) -> list[Box]:
    """Return the boxes with each made one with those that mostly cover it or it covers."""
    merged: list[Box] = []
    for box in sorted(boxes, key=lambda each: (each.top - each.bottom) * (each.right - each.left)):
        home = next((n for n, other in enumerate(merged) if other.covers(box) > 0.5), None)
        if home is None:
            merged.append(box)
        else:
            merged[home] = _around([merged[home], box])
    return sorted(merged)
