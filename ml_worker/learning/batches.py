"""Training batches: slices drawn so that every segment is seen often, cut into patches."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml_worker.learning.augmentation import cut_patches, relight
from ml_worker.learning.cases import Case

# This share of a batch is centred on a voxel of a segment drawn at random; the rest anywhere.
FOREGROUND_SHARE = 0.75


@dataclass(frozen=True)
class _Slice:
    case: int
    k: int


class BatchSource:
    """Draws augmented batches from labelled cases; the same seed draws the same batches."""

    def __init__(
        self, cases: Sequence[Case], segment_ids: Sequence[int], patch: int, seed: int
    ) -> None:
        self.cases = cases
        self.segment_ids = torch.tensor(list(segment_ids), dtype=torch.float32)
        self.patch = patch
        self.numbers = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.every = [_Slice(c, k) for c, case in enumerate(cases) for k in range(len(case.image))]
        self.showing = _slices_of_segments(cases, segment_ids)

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """Return images [B, 3, p, p] and targets [B, segments, p, p] of 0 and 1."""
        cut = [self._patch() for _ in range(size)]
        images = relight(torch.cat([image for image, _ in cut]), self.generator)
        return images, torch.cat([target for _, target in cut])

    def _patch(self) -> tuple[Tensor, Tensor]:
        chosen, centre = self._place()
        case = self.cases[chosen.case]
        image = torch.from_numpy(with_neighbours(case.image, chosen.k))[None]
        layers = torch.from_numpy(_layers(case)[:, chosen.k].astype(np.float32))[None]
        place = torch.tensor([centre], dtype=torch.float32)
        image, labels = cut_patches(image, layers, place, self.patch, self.generator)
        target = (labels[:, :, None] == self.segment_ids[None, None, :, None, None]).any(dim=1)
        return image, target.float()

    def _place(self) -> tuple[_Slice, tuple[float, float]]:
        """Draw a slice and the centre of a patch on it (row, column)."""
        present = [segment for segment in self.showing if self.showing[segment]]
        if present and self.numbers.random() < FOREGROUND_SHARE:
            segment = present[int(self.numbers.integers(len(present)))]
            slices = self.showing[segment]
            chosen = slices[int(self.numbers.integers(len(slices)))]
            layers = _layers(self.cases[chosen.case])[:, chosen.k]
            rows, columns = np.nonzero((layers == segment).any(axis=0))
            n = int(self.numbers.integers(len(rows)))
            row, column = float(rows[n]), float(columns[n])
        else:
            chosen = self.every[int(self.numbers.integers(len(self.every)))]
            row, column = self.numbers.random(2) * self.cases[chosen.case].image.shape[1:]
        size = self.cases[chosen.case].image.shape[1:]
        jitter = self.numbers.uniform(-self.patch / 4, self.patch / 4, 2)
        return chosen, (
            _keep(row + jitter[0], size[0], self.patch),
            _keep(column + jitter[1], size[1], self.patch),
        )


def with_neighbours(image_kji: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """Return slice ``k`` between its neighbours, [3, j, i]; at the ends the slice repeats."""
    last = len(image_kji) - 1
    return image_kji[[max(k - 1, 0), k, min(k + 1, last)]]


def _layers(case: Case) -> NDArray[np.uint16]:
    if case.layers is None:
        raise ValueError("a training case needs labels")
    return case.layers


def _keep(centre: float, size: int, patch: int) -> float:
    """Move a centre so that the patch covers the image as far as it can."""
    if size <= patch:
        return (size - 1) / 2
    return float(np.clip(centre, patch / 2 - 0.5, size - patch / 2 - 0.5))


def _slices_of_segments(
    cases: Sequence[Case], segment_ids: Sequence[int]
) -> dict[int, list[_Slice]]:
    found: dict[int, list[_Slice]] = {segment: [] for segment in segment_ids}
    for c, case in enumerate(cases):
        layers = _layers(case)
        for k in range(layers.shape[1]):
            for segment in np.unique(layers[:, k]).tolist():
                if segment in found:
                    found[segment].append(_Slice(c, k))
    return found
