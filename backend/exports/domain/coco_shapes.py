"""Drawn shapes in COCO's pixels, where the first pixel reaches from 0 to 1.

Limn's positions are centres of voxels, so half a pixel is added on the way.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.exports.domain.item import Frame, Item, ItemRefused

Points = NDArray[np.float64]
ELLIPSE_CORNERS = 72
WITHOUT_PLACE = "A shape lies on a frame without a position."


def coco_shape(kind: str, points: Points) -> dict[str, Any] | None:
    """Return what COCO says of a shape with points [n, 2] as (x, y); None where it has no word."""
    if kind in {"box", "rectangle"}:
        return _area(_corners(points))
    if kind == "polygon":
        return _area(points)
    if kind == "ellipse":
        return _area(_ellipse(points))
    if kind == "point":
        x, y = (float(value) for value in points[0])
        return {
            "keypoints": [x, y, 2],
            "num_keypoints": 1,
            "bbox": [x, y, 0.0, 0.0],
            "area": 0.0,
            "segmentation": [],
        }
    return None


def pixel_points(item: Item, frame: Frame, thing: Mapping[str, Any]) -> Points:
    """Return a shape's points on its frame, (x, y) in COCO's pixels."""
    if thing.get("points_ij") is not None:
        return np.asarray(thing["points_ij"], np.float64) + 0.5
    grid = item.record["grid"]
    if frame.position_mm_lps is None or not grid["orientation"] or not grid["pixel_spacing_mm"]:
        raise ItemRefused(WITHOUT_PLACE)
    orientation = np.asarray(grid["orientation"], np.float64)
    between_rows, between_columns = grid["pixel_spacing_mm"]
    offset = np.asarray(thing["points_mm_lps"], np.float64) - np.asarray(frame.position_mm_lps)
    i = offset @ orientation[:3] / between_columns
    j = offset @ orientation[3:] / between_rows
    points: Points = np.stack((i, j), axis=1) + 0.5
    return points


def _corners(points: Points) -> Points:
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _ellipse(points: Points) -> Points:
    low, high = points.min(axis=0), points.max(axis=0)
    turn = np.linspace(0, 2 * np.pi, ELLIPSE_CORNERS, endpoint=False)
    circle = np.stack((np.cos(turn), np.sin(turn)), axis=1)
    ellipse: Points = (low + high) / 2 + circle * (high - low) / 2
    return ellipse


def _area(polygon: Points) -> dict[str, Any]:
    x, y = polygon.T
    area = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    (left, top), (right, bottom) = polygon.min(axis=0), polygon.max(axis=0)
    return {
        "segmentation": [[round(float(value), 4) for value in polygon.reshape(-1)]],
        "area": round(area, 4),
        "bbox": [round(float(v), 4) for v in (left, top, right - left, bottom - top)],
    }
