"""Prompt encoder and mask decoder of a SAM as one module: trained, run and exported alike.

It returns all four low-resolution masks; whoever shows them upsamples and crops. (The export
helper that ships with segment-anything bakes the example's aspect ratio into the file.)
"""

import copy
import io
import warnings
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from ml_worker.models.prompt_labels import BOX_FIRST, BOX_SECOND, FOREGROUND, PADDING
from ml_worker.models.sam_parts import Sam

OPSET = 17
INPUTS = ("image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input")
OUTPUTS = ("low_res_masks", "iou_predictions")
# A box is drawn round a thing with about this much room, as a share of its side.
BOX_ROOM = 1 / 12
OUTSIDE = -32.0


class PromptDecoder(nn.Module):
    """Prompts and image embeddings in, four masks and their predicted IoU out.

    Works on a batch of prompts of equal length. ``image_embeddings`` [B or 1, C, h, w],
    ``point_coords`` [B, N, 2] (x, y in pixels of the model's input), ``point_labels`` [B, N],
    ``mask_input`` [B, 1, 4h, 4w], ``has_mask_input`` [B], all float32. A small model that
    ``keeps_to_box`` shows nothing outside a box that it is given.
    """

    def __init__(self, sam: Sam, *, keeps_to_box: bool = False) -> None:
        super().__init__()
        self.keeps_to_box = keeps_to_box
        self.prompt_encoder = sam.prompt_encoder
        self.mask_decoder = sam.mask_decoder
        self.image_size = int(sam.image_encoder.img_size)

    def forward(
        self,
        image_embeddings: Tensor,
        point_coords: Tensor,
        point_labels: Tensor,
        mask_input: Tensor,
        has_mask_input: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return masks as logits [B, 4, 4h, 4w] and predicted IoU [B, 4]."""
        decoder = self.mask_decoder
        sparse = self._embed_points(point_coords, point_labels)
        own = torch.cat((decoder.iou_token.weight, decoder.mask_tokens.weight))
        own = own.unsqueeze(0).expand(sparse.shape[0], -1, -1)
        source = image_embeddings + self._embed_masks(mask_input, has_mask_input)
        position = self.prompt_encoder.get_dense_pe().expand_as(source)
        tokens, context = decoder.transformer(source, position, torch.cat((own, sparse), dim=1))
        context = decoder.output_upscaling(context.transpose(1, 2).reshape(source.shape))
        heads = enumerate(decoder.output_hypernetworks_mlps)
        weights = torch.stack([head(tokens[:, 1 + n]) for n, head in heads], dim=1)
        masks = (weights @ context.flatten(2)).unflatten(2, context.shape[2:])
        if self.keeps_to_box:
            masks = self._inside_box(masks, point_coords, point_labels)
        return masks, decoder.iou_prediction_head(tokens[:, 0])

    def _inside_box(self, masks: Tensor, coords: Tensor, labels: Tensor) -> Tensor:
        """Empty masks [B, 4, s, s] outside the box and a little room, where there is a box."""
        first = (labels == BOX_FIRST).float().unsqueeze(-1)
        second = (labels == BOX_SECOND).float().unsqueeze(-1)
        low, high = (coords * first).sum(1), (coords * second).sum(1)
        room = (high - low) * BOX_ROOM + 1.0
        cells = masks.shape[-1]
        places = (torch.arange(cells, dtype=torch.float32) + 0.5) * (self.image_size / cells)
        within = (places >= (low - room).unsqueeze(-1)) & (places <= (high + room).unsqueeze(-1))
        inside = within[:, 1].unsqueeze(2) & within[:, 0].unsqueeze(1)
        free = (first.sum(1) == 0).unsqueeze(2)
        return torch.where((inside | free).unsqueeze(1), masks, torch.full_like(masks, OUTSIDE))

    def _embed_points(self, coords: Tensor, labels: Tensor) -> Tensor:
        """Embed points [B, N, 2] by place and by label; a padding point has no place."""
        encoder = self.prompt_encoder
        place = (coords + 0.5) / self.image_size
        encode = cast("Callable[[Tensor], Tensor]", encoder.pe_layer._pe_encoding)  # noqa: SLF001
        label = labels.unsqueeze(-1)
        padding = (label == PADDING).float()
        points: Tensor = encode(place) * (1 - padding) + encoder.not_a_point_embed.weight * padding
        for value, embedding in enumerate(encoder.point_embeddings):
            points = points + embedding.weight * (label == value).float()
        return points

    def _embed_masks(self, mask_input: Tensor, has_mask_input: Tensor) -> Tensor:
        encoder = self.prompt_encoder
        given = has_mask_input.reshape(-1, 1, 1, 1)
        none = encoder.no_mask_embed.weight.reshape(1, -1, 1, 1)
        embedded: Tensor = given * encoder.mask_downscaling(mask_input) + (1 - given) * none
        return embedded


def export_decoder(sam: Sam, *, keeps_to_box: bool = False) -> bytes:
    """Return the decoder as ONNX: one set of N prompts a call, N free."""
    # A copy on the processor, wherever the network itself lives.
    decoder = copy.deepcopy(PromptDecoder(sam, keeps_to_box=keeps_to_box)).cpu().eval()
    width = int(sam.prompt_encoder.embed_dim)
    side = int(sam.prompt_encoder.image_embedding_size[0])
    example = (
        torch.zeros(1, width, side, side),
        torch.tensor([[[20.0, 30.0], [0.0, 0.0]]]),
        torch.tensor([[float(FOREGROUND), float(PADDING)]]),
        torch.zeros(1, 1, 4 * side, 4 * side),
        torch.zeros(1),
    )
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns about its own deprecation
        torch.onnx.export(
            decoder,
            example,
            file,  # type: ignore[arg-type]  # the tracer does write to open files
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={"point_coords": {1: "n"}, "point_labels": {1: "n"}},
            opset_version=OPSET,
            dynamo=False,
        )
    return file.getvalue()
