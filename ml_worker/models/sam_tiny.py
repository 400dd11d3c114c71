"""``limn_tiny``: a SAM small enough to be trained and run on one core.

Same classes and state-dict keys as the published sizes; only the numbers differ. The picture is
128 pixels wide and the masks 64: what one core can learn from in half an hour, and enough for
organs. Finer work is for the published sizes.
"""

from functools import partial
from pathlib import Path

import torch

from ml_worker.models.sam_parts import (
    ImageEncoderViT,
    MaskDecoder,
    PromptEncoder,
    Sam,
    TwoWayTransformer,
    sam_model_registry,
)

LIMN_TINY = "limn_tiny"
IMAGE_SIZE = 128
PATCH_SIZE = 8
WIDTH = 128
DEPTH = 4
HEADS = 4
WINDOW = 8
# These blocks attend to the whole image, the others to windows of 8 x 8 cells.
GLOBAL_BLOCKS = (1, 3)
PROMPT_WIDTH = 128
DECODER_MLP = 512
PIXEL_MEAN = (123.675, 116.28, 103.53)
PIXEL_STD = (58.395, 57.12, 57.375)


def build_limn_tiny(checkpoint: str | Path | None = None) -> Sam:
    """Build the network, from ``checkpoint`` if given, as the other builders of the registry do."""
    side = IMAGE_SIZE // PATCH_SIZE
    sam = Sam(
        image_encoder=ImageEncoderViT(
            img_size=IMAGE_SIZE,
            patch_size=PATCH_SIZE,
            embed_dim=WIDTH,
            depth=DEPTH,
            num_heads=HEADS,
            mlp_ratio=4,
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=GLOBAL_BLOCKS,
            window_size=WINDOW,
            out_chans=PROMPT_WIDTH,
        ),
        prompt_encoder=PromptEncoder(
            embed_dim=PROMPT_WIDTH,
            image_embedding_size=(side, side),
            input_image_size=(IMAGE_SIZE, IMAGE_SIZE),
            mask_in_chans=16,
        ),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=3,
            transformer=TwoWayTransformer(
                depth=2, embedding_dim=PROMPT_WIDTH, mlp_dim=DECODER_MLP, num_heads=8
            ),
            transformer_dim=PROMPT_WIDTH,
            iou_head_depth=3,
            iou_head_hidden_dim=PROMPT_WIDTH,
        ),
        pixel_mean=list(PIXEL_MEAN),
        pixel_std=list(PIXEL_STD),
    )
    sam.eval()
    if checkpoint is not None:
        sam.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True))
    return sam


sam_model_registry[LIMN_TINY] = build_limn_tiny
