"""SAM checkpoints of any published size and our own: load, and embed a picture.

Loading neither runs pickled code nor needs the device a file was saved on. Preprocessing is a
property of the model: MedSAM's weights expect another picture than SAM's.
"""

import io
import math
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ml_worker.contract.messages import Preprocessing
from ml_worker.models.sam_parts import Sam, sam_model_registry
from ml_worker.models.sam_tiny import LIMN_TINY, PIXEL_MEAN, PIXEL_STD, WIDTH

# The width of the encoder names the size.
ARCHITECTURE_OF_WIDTH = {768: "vit_b", 1024: "vit_l", 1280: "vit_h", WIDTH: LIMN_TINY}
POSITION = "image_encoder.pos_embed"


class CheckpointInvalid(ValueError):
    """A file that is not the SAM it is said to be; the message is safe to show."""


@dataclass(frozen=True)
class LoadedSam:
    """A network ready to embed, and what its users must know."""

    network: Sam
    architecture: str
    preprocessing: Preprocessing

    @property
    def image_size(self) -> int:
        """Side of the square the encoder sees, in pixels."""
        return int(self.network.image_encoder.img_size)

    @property
    def embedding_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an embedding."""
        encoder = self.network.prompt_encoder
        height, width = encoder.image_embedding_size
        return int(encoder.embed_dim), int(height), int(width)


def load_sam(data: bytes, *, architecture: str | None, preprocessing: Preprocessing) -> LoadedSam:
    """Build the network of a checkpoint, strictly; ``architecture`` is checked when given."""
    state = _read_state(data)
    if POSITION not in state:
        raise CheckpointInvalid("The file holds no SAM image encoder.")
    width = int(state[POSITION].shape[-1])
    found = ARCHITECTURE_OF_WIDTH.get(width)
    if found is None:
        raise CheckpointInvalid(f"No SAM architecture has an encoder of width {width}.")
    if architecture not in (None, found):
        raise CheckpointInvalid(f"The file holds {found}, not {architecture}.")
    with torch.device("meta"):
        network = sam_model_registry[found]()
    try:
        network.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        first = str(error).splitlines()[1:2] or [str(error)]
        raise CheckpointInvalid(f"The file does not fit {found}: {first[0].strip()}") from error
    # Not part of a checkpoint, so still without values.
    network.pixel_mean = torch.tensor(PIXEL_MEAN).view(-1, 1, 1)
    network.pixel_std = torch.tensor(PIXEL_STD).view(-1, 1, 1)
    return LoadedSam(network.requires_grad_(requires_grad=False).eval(), found, preprocessing)


@torch.inference_mode()
def embed(sam: LoadedSam, grey_ji: NDArray[np.uint8], device: torch.device) -> NDArray[np.float16]:
    """Return the embedding [C, h, w] of a windowed picture [rows, columns]."""
    pixels = model_input(sam, grey_ji).to(device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        embedding: Tensor = sam.network.image_encoder(pixels)
    half: NDArray[np.float16] = embedding[0].float().cpu().numpy().astype("<f2")
    return half


def model_input(sam: LoadedSam, grey_ji: NDArray[np.uint8]) -> Tensor:
    """Return the encoder's input [1, 3, n, n] for a picture, as the weights expect it."""
    side = sam.image_size
    if sam.preprocessing == "medsam":
        square = Image.fromarray(grey_ji).resize((side, side), Image.Resampling.BICUBIC)
        values = torch.from_numpy(np.asarray(square, dtype=np.float32))
        low, high = values.min(), values.max()
        return ((values - low) / (high - low).clamp(min=1e-8)).expand(1, 3, side, side).contiguous()
    scale = side / max(grey_ji.shape)
    rows, columns = (math.floor(n * scale + 0.5) for n in grey_ji.shape)
    small = Image.fromarray(grey_ji).resize((columns, rows), Image.Resampling.BILINEAR)
    colour = torch.from_numpy(np.asarray(small, dtype=np.float32)).expand(3, rows, columns)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (PIXEL_MEAN, PIXEL_STD))
    padded = torch.zeros(1, 3, side, side)
    padded[0, :, :rows, :columns] = (colour - mean) / std
    return padded


def _read_state(data: bytes) -> dict[str, Tensor]:
    """Return the state dict of a file, in float32, without the wrappers of training scripts."""
    try:
        stored: Any = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        inner = stored.get("model")
        state = inner if isinstance(inner, dict) else stored
        return {
            str(name).removeprefix("module."): value.float() if value.is_floating_point() else value
            for name, value in state.items()
        }
    except (RuntimeError, ValueError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointInvalid("The file is not a PyTorch checkpoint.") from error
    except Exception as error:  # an unpickling error of the restricted loader
        raise CheckpointInvalid("The file holds more than weights and is refused.") from error
