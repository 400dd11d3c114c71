"""The only importer of ``segment_anything``: torchvision is made ready before it."""

from ml_worker.models.torchvision_compat import ensure_torchvision

TORCHVISION = ensure_torchvision()

# Torchvision must be ready first; the package ships no types.
from segment_anything import sam_model_registry  # type: ignore[import-untyped]  # noqa: E402
from segment_anything.modeling import (  # type: ignore[import-untyped]  # noqa: E402
    ImageEncoderViT,
    MaskDecoder,
    PromptEncoder,
    Sam,
    TwoWayTransformer,
)

__all__ = [
    "TORCHVISION",
    "ImageEncoderViT",
    "MaskDecoder",
    "PromptEncoder",
    "Sam",
    "TwoWayTransformer",
    "sam_model_registry",
]
