"""Slices of a Siemens mosaic: one picture that holds a volume as tiles, row by row."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOSAIC = "MOSAIC"


def is_mosaic(image_type: object) -> bool:
    """Tell by ImageType (0008,0008) whether a picture is a mosaic."""
    values = image_type.split("\\") if isinstance(image_type, str) else image_type
    return isinstance(values, Iterable) and MOSAIC in values


def tile(picture: NDArray[Any], number: int, shape: tuple[int, int]) -> NDArray[Any]:
    """Return tile `number` (from 1) of `shape` (rows, columns); raises ValueError if there is none."""
    rows, columns = shape
    across, down = picture.shape[1] // columns, picture.shape[0] // rows
    if not 1 <= number <= across * down:
        raise ValueError(f"a mosaic of {down} x {across} tiles has no tile {number}")
    row, column = divmod(number - 1, across)
    cut = picture[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns]
    return np.ascontiguousarray(cut)
