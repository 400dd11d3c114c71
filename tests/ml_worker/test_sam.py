"""Loading SAM checkpoints of every kind, and the decoder as one module and as ONNX."""

import io
from functools import partial

import numpy as np
import onnxruntime
import pytest
import torch
from segment_anything.modeling import ImageEncoderViT
from segment_anything.utils.onnx import SamOnnxModel

from ml_worker.models import sam as sam_module
from ml_worker.models.cache import NetworkCache
from ml_worker.models.sam import CheckpointInvalid, embed, load_sam, model_input
from ml_worker.models.sam_decoder import OUTSIDE, PromptDecoder, export_decoder
from ml_worker.models.sam_parts import sam_model_registry
from ml_worker.models.sam_tiny import build_limn_tiny
from ml_worker.models.torchvision_compat import ensure_torchvision, keep_by_overlap
from tests.ml_worker.samples import TINY_SAM


@pytest.fixture(scope="module")
def tiny():
    return load_sam(TINY_SAM.read_bytes(), architecture=None, preprocessing="sam")


def saved(state) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def test_torchvision_is_ready_and_stays_so():
    assert ensure_torchvision() == ensure_torchvision()


def test_overlapping_boxes_are_kept_by_score():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30], [0, 0, 10, 5]])
    kept = keep_by_overlap(boxes, torch.tensor([0.5, 0.9, 0.1, 0.2]), 0.5)
    assert kept.tolist() == [1, 3, 2]


def test_the_shipped_checkpoint_is_small_and_loads_as_what_it_is(tiny):
    assert TINY_SAM.stat().st_size <= 12 * 1024 * 1024
    assert tiny.architecture == "limn_tiny"
    assert tiny.network.image_encoder.pos_embed.dtype == torch.float32
    assert tiny.embedding_shape == (128, tiny.image_size // 8, tiny.image_size // 8)


def test_wrappers_of_training_scripts_are_taken_off(tiny):
    state = {"model": {f"module.{k}": v for k, v in tiny.network.state_dict().items()}}
    again = load_sam(saved(state), architecture="limn_tiny", preprocessing="medsam")
    assert again.preprocessing == "medsam"
    image = np.arange(120 * 90, dtype=np.uint32).reshape(120, 90).astype(np.uint8)
    same = load_sam(TINY_SAM.read_bytes(), architecture=None, preprocessing="medsam")
    device = torch.device("cpu")
    np.testing.assert_array_equal(embed(again, image, device), embed(same, image, device))


def test_a_published_size_is_told_by_its_width(monkeypatch):
    """A ViT-B of one block: the same width and keys, a fraction of the bytes."""

    def one_block(checkpoint=None):
        network = build_limn_tiny(checkpoint)
        network.image_encoder = ImageEncoderViT(
            img_size=128, patch_size=8, embed_dim=768, depth=1, num_heads=12, out_chans=128,
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), use_rel_pos=True,
            global_attn_indexes=(0,), window_size=8,
        )  # fmt: skip
        return network

    monkeypatch.setitem(sam_model_registry, "vit_b", one_block)
    network = one_block()
    loaded = load_sam(saved(network.state_dict()), architecture="vit_b", preprocessing="sam")
    assert loaded.architecture == "vit_b"
    picture = torch.rand(1, 3, 128, 128)
    with torch.inference_mode():
        torch.testing.assert_close(
            loaded.network.image_encoder(picture), network.image_encoder(picture)
        )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a PyTorch checkpoint"),
        (b"PK\x03\x04 half a zip", "checkpoint"),
        (saved({"weights": torch.zeros(3)}), "no SAM image encoder"),
        (saved({"image_encoder.pos_embed": torch.zeros(1, 4, 4, 77)}), "width 77"),
        (saved({"image_encoder.pos_embed": torch.zeros(1, 16, 16, 128)}), "does not fit limn_tiny"),
        (saved([1, 2]), "not a PyTorch checkpoint"),
    ],
)
def test_what_is_no_sam_is_refused_in_a_sentence(data, said):
    with pytest.raises(CheckpointInvalid, match=said):
        load_sam(data, architecture=None, preprocessing="sam")


class Explosive:
    def __reduce__(self):
        return (print, ("a checkpoint ran code",))


def test_code_inside_a_checkpoint_is_not_run(capsys):
    with pytest.raises(CheckpointInvalid):
        load_sam(saved({"a": Explosive()}), architecture=None, preprocessing="sam")
    assert "ran code" not in capsys.readouterr().out


def test_sam_keeps_the_aspect_and_medsam_stretches(tiny):
    picture = np.full((50, 100), 200, dtype=np.uint8)
    picture[:, :50] = 10
    pixels = model_input(tiny, picture)
    assert pixels.shape == (1, 3, tiny.image_size, tiny.image_size)
    assert pixels[0, 0, tiny.image_size // 2 :].abs().max() == 0
    medsam = load_sam(TINY_SAM.read_bytes(), architecture=None, preprocessing="medsam")
    stretched = model_input(medsam, picture)
    assert (stretched.min(), stretched.max()) == (0, 1)
    assert stretched[0, 0, -1, -1] > 0.9
    assert stretched[0, 0, -1, 0] < 0.1


def prompts(sam, count: int):
    generator = torch.Generator().manual_seed(count)
    channels, height, width = sam.embedding_shape
    return (
        torch.randn(1, channels, height, width, generator=generator),
        torch.rand(1, count, 2, generator=generator) * sam.image_size,
        torch.tensor([[*[1.0, 0, 2, 3, 1, 1, 1, 1][: count - 1], -1.0]]),
        torch.randn(1, 1, 4 * height, 4 * width, generator=generator),
        torch.tensor([float(count % 2)]),
    )


@pytest.mark.parametrize("count", [2, 3, 6])
def test_the_decoder_answers_as_segment_anything_does(tiny, count):
    embedding, coords, labels, mask, given = prompts(tiny, count)
    theirs = SamOnnxModel(tiny.network, return_single_mask=False)
    with torch.inference_mode():
        masks, scores = PromptDecoder(tiny.network)(embedding, coords, labels, mask, given)
        wanted, wanted_scores = tiny.network.mask_decoder.predict_masks(
            image_embeddings=embedding,
            image_pe=tiny.network.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=theirs._embed_points(coords, labels),
            dense_prompt_embeddings=theirs._embed_masks(mask, given),
        )
    torch.testing.assert_close(masks, wanted)
    torch.testing.assert_close(scores, wanted_scores)


def test_the_exported_decoder_answers_as_torch_does_for_any_number_of_points(tiny):
    session = onnxruntime.InferenceSession(export_decoder(tiny.network))
    assert [put.name for put in session.get_inputs()] == [
        "image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input",
    ]  # fmt: skip
    for count in (1, 2, 5):
        given = prompts(tiny, count)
        names = [put.name for put in session.get_inputs()]
        masks, scores = session.run(None, {n: v.numpy() for n, v in zip(names, given, strict=True)})
        with torch.inference_mode():
            wanted, wanted_scores = PromptDecoder(tiny.network)(*given)
        np.testing.assert_allclose(masks, wanted.numpy(), atol=2e-4, rtol=1e-4)
        np.testing.assert_allclose(scores, wanted_scores.numpy(), atol=2e-4, rtol=1e-4)


def test_a_small_model_shows_nothing_outside_its_box_and_clicks_are_free(tiny):
    session = onnxruntime.InferenceSession(export_decoder(tiny.network, keeps_to_box=True))
    embedding, _, _, mask, _ = prompts(tiny, 2)
    given = {
        "image_embeddings": embedding.numpy(),
        "mask_input": mask.numpy(),
        "has_mask_input": np.zeros(1, np.float32),
    }
    side = tiny.image_size

    def ask(points, labels):
        coords = np.array([points], np.float32)
        values = np.array([labels], np.float32)
        return session.run(None, given | {"point_coords": coords, "point_labels": values})[0][0]

    corners = [(0.25 * side, 0.5 * side), (0.5 * side, 0.75 * side)]
    boxed = ask([(0.3 * side, 0.6 * side), *corners], [1, 2, 3])
    cells = boxed.shape[-1]
    outside = np.ones((cells, cells), bool)
    room = int(cells * (0.25 / 12 + 1 / side)) + 1
    outside[cells // 2 - room : 3 * cells // 4 + room, cells // 4 - room : cells // 2 + room] = (
        False
    )
    assert (boxed[:, outside] == OUTSIDE).all()
    assert (boxed[:, ~outside] != OUTSIDE).any()
    assert (ask([(0.3 * side, 0.6 * side), (0, 0)], [1, -1]) != OUTSIDE).all()


def test_the_cache_keeps_what_was_used_last():
    cache: NetworkCache[str] = NetworkCache(2)
    loaded = []

    def load(name: str) -> str:
        return cache.get(name, lambda: loaded.append(name) or name)

    for name in ("a", "b", "a", "c", "a", "b"):
        assert load(name) == name
    assert loaded == ["a", "b", "c", "b"]


def test_every_architecture_of_the_contract_is_known():
    assert set(sam_module.ARCHITECTURE_OF_WIDTH.values()) <= set(sam_model_registry)
