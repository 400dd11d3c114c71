"""How well a SAM answers in the demonstration cohort: an organ, a prompt, a picture as shown.

The cohort's patients are of another seed than those the model was trained on. A picture is
windowed as the worker windows it for features, and a mask is judged at the picture's own size, as
the browser shows it.
"""

import argparse
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from fixtures.cohort import SEGMENTS, plan
from fixtures.cohort.patient import random_patient
from fixtures.cohort.scan import scan
from ml_worker.learning.intensity import shown_bytes
from ml_worker.learning.prompt_evaluation import answer, iou
from ml_worker.learning.prompt_sampling import (
    Mask,
    box_prompt,
    click_prompt,
    correction,
    middle_of,
)
from ml_worker.models.sam import LoadedSam, embed, load_sam
from ml_worker.models.sam_decoder import PromptDecoder
from ml_worker.models.sam_tiny import LIMN_TINY

log = logging.getLogger(__name__)

Prompt = Literal["one click", "three clicks", "box"]
Quality = dict[tuple[str, str, Prompt], list[float]]

COHORT_SEED = 1
# One series of every contrast, six patients.
SERIES = (1, 3, 6, 7, 8, 10, 12)
EVERY_NTH_SLICE = 4
# Nobody points at less than this.
SMALLEST_PIECE = 40


@dataclass(frozen=True)
class Piece:
    """One connected piece of an organ on a windowed slice, [rows, columns] both."""

    modality: str
    organ: str
    picture: NDArray[np.uint8]
    mask: Mask


def pieces(patients: Iterable[int] = SERIES) -> Iterator[Piece]:
    """Yield every piece of every fourth slice, slice by slice."""
    wanted = set(patients)
    for spec in plan(max(wanted), COHORT_SEED):
        if spec.patient not in wanted or spec.number != 1:
            continue
        made = scan(random_patient(spec.seed, spec.patient, has_table=spec.is_ct), spec)
        offset = 1024 if spec.is_ct and not spec.signed else 0
        modality = "CT" if spec.is_ct else "MR"
        for k in range(2, len(made.stored_kji), EVERY_NTH_SLICE):
            image = made.stored_kji[k].astype(np.float32) - offset
            picture = shown_bytes(image, modality, None, is_inverted=False)
            for number, organ in SEGMENTS.items():
                for mask in _connected(made.labelmap_kji[k] == number):
                    yield Piece(modality, organ, picture, mask)


def measure_cohort(sam: LoadedSam, patients: Iterable[int] = SERIES) -> Quality:
    """Return the IoU of every piece by modality, organ and prompt."""
    rng = np.random.default_rng(0)
    decoder = PromptDecoder(sam.network, keeps_to_box=sam.architecture == LIMN_TINY)
    reached: Quality = defaultdict(list)
    picture, embedding = None, torch.zeros(0)
    for piece in pieces(patients):
        if piece.picture is not picture:
            picture = piece.picture
            features = embed(sam, picture, torch.device("cpu"))
            embedding = torch.from_numpy(features).float()[None]
        for prompt, value in _judge(decoder, embedding, piece.mask, rng).items():
            reached[piece.modality, piece.organ, prompt].append(value)
    return reached


@torch.inference_mode()
def _judge(
    decoder: PromptDecoder, embedding: torch.Tensor, mask: Mask, rng: np.random.Generator
) -> dict[Prompt, float]:
    """Click in the middle, then twice where the answer is most wrong; and draw a box."""
    points, labels = click_prompt(*middle_of(mask))
    shown, _ = answer(decoder, embedding, points, labels, None, mask.shape)
    first = iou(shown, mask)
    for _ in range(2):
        place, sign = correction(mask, shown, rng)
        points = np.append(points, [place], axis=0).astype(np.float32)
        labels = np.append(labels, sign).astype(np.float32)
        shown, _ = answer(decoder, embedding, points, labels, None, mask.shape)
    boxed, _ = answer(decoder, embedding, *box_prompt(mask, rng), None, mask.shape)
    return {"one click": first, "three clicks": iou(shown, mask), "box": iou(boxed, mask)}


def _connected(labels: Mask) -> list[Mask]:
    found, count = ndimage.label(labels)
    pieces = [found == number for number in range(1, count + 1)]
    return [piece for piece in pieces if piece.sum() >= SMALLEST_PIECE]


def table(reached: Quality) -> str:
    """Return a Markdown table of the mean IoU by modality and organ."""
    prompts = get_args(Prompt)
    lines = [
        f"| modality | structure | pieces | {' | '.join(prompts)} |",
        "|---|---|---|" + "---|" * len(prompts),
    ]
    for modality in ("CT", "MR"):
        for organ in SEGMENTS.values():
            values = [reached.get((modality, organ, prompt), []) for prompt in prompts]
            if values[0]:
                means = " | ".join(f"{np.mean(each):.2f}" for each in values)
                lines.append(f"| {modality} | {organ} | {len(values[0])} | {means} |")
    return "\n".join(lines)


def main() -> None:
    """Log the table of one checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    path = parser.parse_args().checkpoint
    sam = load_sam(path.read_bytes(), architecture=None, preprocessing="sam")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log.info("%s", table(measure_cohort(sam)))


if __name__ == "__main__":
    main()
