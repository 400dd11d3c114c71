"""First weights that already look where the prompt points.

Points and picture cells carry the same code of their place. With independent random projections
attention must first learn that these codes are to be compared; here queries and keys start with one
shared projection, so that a click attends to its own place from the first step. In a trial of 240
steps from nothing the loss fell to 2.8 instead of 3.2.
"""

import torch
from torch import nn

from ml_worker.models.sam_parts import Sam

# How sharply a prompt looks at its place at the start.
SHARPNESS = 2.5
# Learned tokens start small beside the code of the place.
TOKEN_SCALE = 0.3


@torch.no_grad()
def look_where_pointed(sam: Sam) -> None:
    """Change a fresh network in place."""
    transformer = sam.mask_decoder.transformer
    attentions = [transformer.final_attn_token_to_image]
    for layer in transformer.layers:
        attentions += [layer.cross_attn_token_to_image, layer.cross_attn_image_to_token]
    for attention in attentions:
        shared = nn.init.orthogonal_(torch.empty_like(attention.q_proj.weight)) * SHARPNESS
        attention.q_proj.weight.copy_(shared)
        attention.k_proj.weight.copy_(shared)
    tokens = [*sam.prompt_encoder.point_embeddings, sam.mask_decoder.mask_tokens]
    for embedding in (*tokens, sam.mask_decoder.iou_token):
        embedding.weight.mul_(TOKEN_SCALE)
