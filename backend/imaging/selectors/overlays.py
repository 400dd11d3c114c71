"""Overlays of a frame, read from its file when asked for."""

import base64
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.utils import pixel_array

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.messages import OverlayListOut, OverlayOut
from backend.imaging.domain.overlays import overlays_of
from backend.imaging.models import Instance
from backend.imaging.selectors.frames import local_file
from backend.imaging.selectors.grids import frame_keys, grid_get
from ml_worker.contract.masks import encode_mask
from ml_worker.pixels.whole_file import read_whole


def overlays_get(*, actor: Actor, grid_id: UUID, key: str) -> OverlayListOut:
    """Return the overlays of a frame of a grid (by default the first) as masks; often none."""
    grid = grid_get(actor=actor, grid_id=grid_id)
    keys = frame_keys(grid)
    key = key or keys[0]
    if key not in keys:
        raise NotFound("There is no such frame.")
    instance_pk, number = (int(part) for part in key.split("."))
    rows = Instance.objects.filter(pk=instance_pk).values_list("blob_sha256", "pixel_module")
    sha256, module = rows.first() or ("", {"values": []})
    if not any(each.get("overlays") for each in module["values"]) or "tile" in module:
        return OverlayListOut(results=[])
    dataset = read_whole(local_file(sha256))
    results = [
        OverlayOut(
            group=f"{overlay.group:04X}",
            label=overlay.label,
            mask=base64.b64encode(encode_mask(overlay.plane.astype(np.uint16))).decode("ascii"),
        )
        for overlay in overlays_of(dataset, number, _all_bits(dataset, number))
    ]
    return OverlayListOut(results=results)


def _all_bits(dataset: Any, number: int) -> NDArray[Any] | None:  # noqa: ANN401  a data set
    """Return the stored values with all their bits; None where they cannot be decoded so."""
    try:
        found: NDArray[Any] = pixel_array(
            dataset, raw=True, index=number - 1, correct_unused_bits=False
        )
    except Exception:  # noqa: BLE001  decoders raise anything
        return None
    return found if found.ndim == 2 else None
