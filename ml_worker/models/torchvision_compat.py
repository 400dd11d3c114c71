"""Make ``import torchvision`` work beside a torch without CUDA.

The torchvision wheel of the package index is built for CUDA; beside a CPU torch its extension does
not load and the import fails for want of one operator. Where that is so, a slow but right ``nms``
is registered in its place. Where the extension loads, nothing is changed.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Literal

import torch

# The library must stay referenced, or torch forgets the operators.
_fallback_library: list[torch.library.Library] = []


def ensure_torchvision() -> Literal["native", "fallback"]:
    """Prepare torchvision for import and say which operators it runs on; safe to repeat."""
    if _fallback_library:
        return "fallback"
    if "torchvision" in sys.modules:
        return "native"
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("torchvision is not installed")
    if _extension_loads(Path(spec.submodule_search_locations[0])):
        return "native"
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        signature = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        library.define(signature)  # type: ignore[no-untyped-call]
    library.impl("nms", keep_by_overlap, "CPU")  # type: ignore[no-untyped-call]
    _fallback_library.append(library)
    boxes = importlib.import_module("torchvision.ops.boxes")
    vars(boxes)["_assert_has_ops"] = lambda: None
    return "fallback"


def keep_by_overlap(dets: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Non-maximum suppression: indices of kept boxes [n, 4] (x1, y1, x2, y2), best score first."""
    order = torch.sort(scores, descending=True, stable=True).indices
    half = dets.dtype in (torch.float16, torch.bfloat16)
    boxes = dets[order].to(torch.float32 if half else dets.dtype)
    low, high = boxes[:, :2], boxes[:, 2:]
    area = (high - low).prod(dim=1)
    alive = torch.ones(len(order), dtype=torch.bool)
    kept: list[int] = []
    for n in range(len(order)):
        if not alive[n]:
            continue
        kept.append(n)
        reach = torch.minimum(high[n], high[n + 1 :]) - torch.maximum(low[n], low[n + 1 :])
        shared = reach.clamp(min=0).prod(dim=1)
        alive[n + 1 :] &= ~(shared / (area[n] + area[n + 1 :] - shared) > iou_threshold)
    return order[torch.tensor(kept, dtype=torch.long)]


def _extension_loads(package: Path) -> bool:
    for extension in (*package.glob("_C*.so"), *package.glob("_C*.pyd")):
        try:
            torch.ops.load_library(str(extension))  # type: ignore[no-untyped-call]
        except OSError:
            return False
        return True
    return False
