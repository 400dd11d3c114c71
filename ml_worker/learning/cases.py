"""Volumes as a network sees them: turned as people hang them, one scale, one in-plane spacing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from ml_worker.contract.masks import MaskFrames, decode_mask
from ml_worker.geometry.orientation import Turn, hanging_turn
from ml_worker.geometry.voxel_grid import VoxelGrid
from ml_worker.learning.intensity import normalise

Image = NDArray[np.float32]
# Segment ids [layers, k, j, i]: layer 0 holds exclusive segments, each other layer one segment.
Layers = NDArray[np.uint16]

# The longer side of a typical slice has this many pixels at the training spacing.
FIELD_PIXELS = 160
LEAST_SIDE = 16


@dataclass(frozen=True)
class View:
    """How a volume was changed for the network, so that answers find the way back."""

    turn: Turn
    shape_kji: tuple[int, int, int]  # of the original
    size_ji: tuple[int, int]  # of a slice as the network sees it


@dataclass(frozen=True)
class Case:
    """A volume [k, j, i] float32 ready for the network, with its labels if it has any."""

    image: Image
    view: View
    layers: Layers | None = None


def choose_spacing(grids: Sequence[VoxelGrid | None]) -> float:
    """Return the in-plane spacing, mm, at which the middle volume's longer side fits the field.

    Never finer than the images are; 1 where no volume has geometry.
    """
    known = [grid for grid in grids if grid is not None]
    if not known:
        return 1.0
    fields = [max(np.multiply(grid.spacing_mm_ijk[:2], grid.shape_kji[:0:-1])) for grid in known]
    finest = min(min(grid.spacing_mm_ijk[:2]) for grid in known)
    return float(max(np.median(fields) / FIELD_PIXELS, finest))


def view_of(grid: VoxelGrid | None, shape_kji: tuple[int, int, int], spacing_mm: float) -> View:
    """Say how a volume of ``shape_kji`` is turned and scaled for a network of ``spacing_mm``.

    Without geometry the longer side is taken to fill the field, as it does in most volumes.
    """
    turn = hanging_turn(grid)
    rows, columns = (float(size) for size in _pixels(grid, shape_kji, spacing_mm))
    if turn.swap:
        rows, columns = columns, rows
    return View(turn, shape_kji, (max(LEAST_SIDE, round(rows)), max(LEAST_SIDE, round(columns))))


def make_case(image_kji: Image, modality: str, view: View, layers: Layers | None = None) -> Case:
    """Turn, normalise and scale a volume and its layers [layers, k, j, i]."""
    turned = np.ascontiguousarray(view.turn.apply(normalise(image_kji.copy(), modality)))
    shrinks = view.size_ji[0] <= turned.shape[1] and view.size_ji[1] <= turned.shape[2]
    scaled = functional.interpolate(
        torch.from_numpy(turned)[:, None], size=view.size_ji, mode="area" if shrinks else "bilinear"
    )[:, 0]
    small = None if layers is None else _scale_layers(view.turn.apply(layers), view.size_ji)
    return Case(scaled.numpy(), view, small)


def unpack_layers(
    masks: MaskFrames, keys: Sequence[str], size_ji: tuple[int, int]
) -> tuple[Layers, tuple[int, ...]]:
    """Paint a label pack as layers [layers, k, j, i]; also return the number of each layer."""
    numbers = tuple(sorted({0, *(layer for layer, _ in masks)}))
    place = {key: k for k, key in enumerate(keys)}
    layers = np.zeros((len(numbers), len(keys), *size_ji), dtype=np.uint16)
    for (layer, key), data in masks.items():
        if key in place:
            layers[numbers.index(layer), place[key]] = decode_mask(data, shape=size_ji)
    return layers, numbers


def _pixels(
    grid: VoxelGrid | None, shape_kji: tuple[int, int, int], spacing_mm: float
) -> NDArray[np.float64]:
    """Return rows and columns at the training spacing, not yet whole numbers."""
    size = np.asarray(shape_kji[1:], dtype=np.float64)
    scale = np.full(2, FIELD_PIXELS / size.max())
    if grid is not None:
        scale = np.array(grid.spacing_mm_ijk[1::-1]) / spacing_mm
    pixels: NDArray[np.float64] = size * scale
    return pixels


def _scale_layers(layers: Layers, size_ji: tuple[int, int]) -> Layers:
    """Take the label under the centre of each new pixel."""
    rows = _centres(layers.shape[2], size_ji[0])
    columns = _centres(layers.shape[3], size_ji[1])
    return np.ascontiguousarray(layers[:, :, rows][:, :, :, columns])


def _centres(old: int, new: int) -> NDArray[np.intp]:
    return np.minimum(((np.arange(new) + 0.5) * old / new).astype(np.intp), old - 1)
