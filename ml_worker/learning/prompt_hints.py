"""A second teacher for the image encoder: all masks of a picture at once, without prompts.

The mean feature of a mask must find the mask again by dot product. One prompt teaches about one
mask; this teaches about every mask of the picture for a tenth of the cost. The hint's own weights
are thrown away after training.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ml_worker.learning.prompt_training import mask_loss
from ml_worker.models.sam_decoder import PromptDecoder


class DenseHint(nn.Module):
    """Score how well upscaled image features tell the masks of a picture apart."""

    def __init__(self, decoder: PromptDecoder) -> None:
        super().__init__()
        self.upscale = decoder.mask_decoder.output_upscaling
        self.no_mask = decoder.prompt_encoder.no_mask_embed.weight
        width = int(self.no_mask.shape[1]) // 8
        self.query = nn.Linear(width, width)
        self.offset = nn.Parameter(torch.zeros(1))

    def forward(self, embedding: Tensor, masks: NDArray[np.bool_]) -> Tensor:
        """Return the mean loss over ``masks`` [M, n, n] of one ``embedding`` [1, C, h, w]."""
        features: Tensor = self.upscale(embedding + self.no_mask.view(1, -1, 1, 1))[0]
        target = functional.adaptive_avg_pool2d(
            torch.from_numpy(masks).float()[None], features.shape[-1]
        )[0]
        flat, wanted = features.flatten(1), target.flatten(1)
        means = wanted @ flat.T / wanted.sum(dim=1, keepdim=True).clamp(min=1e-3)
        logits = (self.query(means) @ flat + self.offset).view_as(target)
        return mask_loss(logits[None], target[None]).mean()
