"""The U-Net family: a small 2D network that sees a slice and its two neighbours.

One output channel a segment, each a question of its own (sigmoid), so segments may overlap. The
weights file carries the configuration, so a file alone is enough to build the network again.
"""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from monai.networks.layers.simplelayers import SkipConnection
from monai.networks.nets.unet import UNet
from torch import nn

FAMILY = "unet2d"
CHANNELS = (16, 32, 64, 128, 256)
RESIDUAL_UNITS = 2
# A slice's sides must be multiples of this.
STRIDE = 2 ** (len(CHANNELS) - 1)
NEIGHBOURS = 3
FIRST_LOGIT = -2.5
# The outermost decoder block, the only one whose shape depends on the segments.
LAST_BLOCK = "model.2."


class WeightsInvalid(ValueError):
    """Bytes that are not weights of this family; the message is safe to show."""


@dataclass(frozen=True)
class UNetConfig:
    """What prediction must know beside the weights.

    ``overlap_ids`` are segments with a layer of their own; ``pieces`` is the largest number of
    connected pieces a segment had in training, 0 for "do not count".
    """

    segment_ids: tuple[int, ...]
    overlap_ids: tuple[int, ...]
    spacing_mm: float
    pieces: tuple[int, ...]
    family: str = FAMILY

    @classmethod
    def parse(cls, values: dict[str, Any]) -> "UNetConfig":
        """Read a configuration as JSON carries it."""
        return cls(
            segment_ids=tuple(int(v) for v in values["segment_ids"]),
            overlap_ids=tuple(int(v) for v in values["overlap_ids"]),
            spacing_mm=float(values["spacing_mm"]),
            pieces=tuple(int(v) for v in values["pieces"]),
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def build_unet(outputs: int, seed: int = 0) -> UNet:
    """Return an untrained network: [B, 3, h, w] to logits [B, outputs, h, w]."""
    torch.manual_seed(seed)
    network = UNet(
        spatial_dims=2,
        in_channels=NEIGHBOURS,
        out_channels=outputs,
        channels=CHANNELS,
        strides=(2,) * (len(CHANNELS) - 1),
        num_res_units=RESIDUAL_UNITS,
    )
    # Segments are rare: starting near "nothing here" saves the steps to learn it.
    last = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)][-1]
    if last.bias is not None:
        nn.init.constant_(last.bias, FIRST_LOGIT)
    return network


def bottleneck(network: UNet) -> nn.Module:
    """Return the deepest block, whose output describes a slice as a whole."""
    block: nn.Module = network.model
    while isinstance(block, nn.Sequential) and isinstance(block[1], SkipConnection):
        block = block[1].submodule
    return block


def save_unet(network: UNet, config: UNetConfig) -> bytes:
    """Return the weights with their configuration as one file."""
    file = io.BytesIO()
    state = {name: value.detach().cpu() for name, value in network.state_dict().items()}
    torch.save({"config": config.as_json(), "state": state}, file)
    return file.getvalue()


def load_unet(data: bytes) -> tuple[UNet, UNetConfig]:
    """Build the network of a weights file, ready to predict; raises WeightsInvalid."""
    try:
        stored = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        config = UNetConfig.parse(stored["config"])
        network = build_unet(len(config.segment_ids))
        network.load_state_dict(stored["state"])
    except Exception as error:  # torch raises many kinds on bytes that are not its own
        raise WeightsInvalid("The file holds no U-Net weights of Limn.") from error
    return network.eval(), config


def inherit(network: UNet, data: bytes, segment_ids: Sequence[int]) -> None:
    """Start from a parent's weights; with other segments the last block starts afresh."""
    parent, config = load_unet(data)
    same = config.segment_ids == tuple(segment_ids)
    kept = {
        name: value
        for name, value in parent.state_dict().items()
        if same or not name.startswith(LAST_BLOCK)
    }
    network.load_state_dict(network.state_dict() | kept)
