"""A checkpoint of the smallest published size, with chance weights, through the whole worker."""

import io

import numpy as np
import onnxruntime
import psutil
import pytest
import torch

from ml_worker.contract.messages import FeaturesRequest, PrepareModelRequest
from ml_worker.handlers.features import embed_frames, prepare_model
from ml_worker.handlers.resources import Resources
from ml_worker.models.sam_parts import sam_model_registry
from ml_worker.volumes import VolumeCache
from tests.ml_worker.samples import MemoryBlobs, QuietReport, stored_phantom

MIB = 1024 * 1024
# The weights of a ViT-B in float32.
WEIGHTS_MIB = 358


@pytest.fixture
def resources(tmp_path) -> Resources:
    return Resources(MemoryBlobs(), VolumeCache(tmp_path / "c", 64), torch.device("cpu"))


# One picture of 1024 x 1024 takes a busy core minutes.
@pytest.mark.timeout(1200)
def test_a_vit_b_is_prepared_exported_and_answers_within_memory(resources, tmp_path):
    file = io.BytesIO()
    torch.save(sam_model_registry["vit_b"]().state_dict(), file)
    checkpoint = resources.blobs.write(file.getvalue())
    del file
    _, ref = stored_phantom("axial", tmp_path, resources.blobs)
    before = psutil.Process().memory_info().rss / MIB

    prepared = prepare_model(
        resources,
        PrepareModelRequest(
            job_id="j", version_id="v", checkpoint=checkpoint, architecture="vit_b",
            preprocessing="medsam",
        ),
        QuietReport(),
    )  # fmt: skip
    answer = embed_frames(
        resources,
        FeaturesRequest(
            job_id="j", version_id="v", weights=checkpoint, config=prepared.config.model_dump(),
            volume=ref, keys=(ref.frames[5].key,),
        ),
        QuietReport(),
    )  # fmt: skip
    kept = psutil.Process().memory_info().rss / MIB - before

    assert prepared.config.image_size == 1024
    assert prepared.config.embedding_shape == (256, 64, 64)
    assert kept < 3.5 * WEIGHTS_MIB
    features = np.frombuffer(resources.blobs.read(answer.items[0].blob), dtype="<f2")
    session = onnxruntime.InferenceSession(resources.blobs.read(prepared.decoder))
    masks, scores = session.run(
        None,
        {
            "image_embeddings": features.reshape(1, 256, 64, 64).astype(np.float32),
            "point_coords": np.array([[[500, 400], [0, 0]]], dtype=np.float32),
            "point_labels": np.array([[1, -1]], dtype=np.float32),
            "mask_input": np.zeros((1, 1, 256, 256), dtype=np.float32),
            "has_mask_input": np.zeros(1, dtype=np.float32),
        },
    )
    assert masks.shape == (1, 4, 256, 256)
    assert np.isfinite(masks).all()
    assert np.isfinite(scores).all()
