"""Requests answered on phantoms, from DICOM blobs to label packs; bounded by steps."""

import numpy as np
import onnxruntime
import pytest
import torch

from ml_worker.contract.masks import decode_mask, unpack_masks
from ml_worker.contract.messages import (
    BlobRef,
    FeaturesRequest,
    PredictItem,
    PredictRequest,
    PrepareModelRequest,
    SegmentSpec,
    TrainItem,
    TrainRequest,
    TrainSettings,
)
from ml_worker.failures import JobFailed
from ml_worker.handlers.features import embed_frames, prepare_model
from ml_worker.handlers.predict import predict
from ml_worker.handlers.resources import Resources
from ml_worker.handlers.train import train
from ml_worker.volumes import VolumeCache
from tests.ml_worker.samples import TINY_SAM, MemoryBlobs, QuietReport, label_pack, stored_phantom

SEGMENTS = (SegmentSpec(id=1, name="Block"), SegmentSpec(id=2, name="Ellipsoid"))
QUICK = TrainSettings(max_steps=6, max_seconds=600, patch=48, batch_size=4, validate_every=3)


@pytest.fixture
def resources(tmp_path) -> Resources:
    return Resources(MemoryBlobs(), VolumeCache(tmp_path / "c", 64), torch.device("cpu"))


def items_of(resources, tmp_path, names) -> tuple[TrainItem, ...]:
    items = []
    for n, (name, split) in enumerate(names):
        made, ref = stored_phantom(name, tmp_path / name, resources.blobs)
        labels = resources.blobs.write(label_pack(made, ref))
        items.append(
            TrainItem(unit_id=name, patient=f"P{n}", split=split, volume=ref, labels=labels)
        )
    return tuple(items)


def train_request(items, **changes) -> TrainRequest:
    given = {"segments": SEGMENTS, "settings": QUICK} | changes
    return TrainRequest(job_id="j", project_id="p", schema_number=1, items=items, **given)


def test_training_and_prediction_walk_from_dicom_to_masks(resources, tmp_path):
    items = items_of(
        resources, tmp_path, [("axial", "train"), ("flipped", "train"), ("oblique", "validation")]
    )
    report = QuietReport()
    answer = train(resources, train_request(items), report)

    assert [point.step for point in answer.curve] == [3, 6]
    assert [point.step for point in report.points] == [3, 6]
    assert report.done == sorted(report.done)
    assert answer.metrics.n_patients_held_out == 1
    assert answer.config["segment_ids"] == [1, 2]
    assert all(
        m.dice_low <= m.dice_mean <= m.dice_high for m in answer.metrics.per_segment.values()
    )

    volumes = tuple(PredictItem(unit_id=item.unit_id, volume=item.volume) for item in items)
    broken = items[0].volume.model_copy(
        update={
            "frames": (
                items[0]
                .volume.frames[0]
                .model_copy(update={"blob": resources.blobs.write(b"not DICOM")}),
            )
        }
    )
    volumes += (PredictItem(unit_id="broken", volume=broken),)
    gone = items[0].volume.frames[0].model_copy(update={"blob": BlobRef(sha256="9" * 64, size=1)})
    absent = items[0].volume.model_copy(update={"frames": (gone,)})
    volumes += (PredictItem(unit_id="absent", volume=absent),)
    predicted = predict(
        resources,
        PredictRequest(
            job_id="j", version_id="v", weights=answer.weights, config=answer.config,
            segments=SEGMENTS, volumes=volumes,
        ),
        QuietReport(),
    )  # fmt: skip
    assert [result.unit_id for result in predicted.results] == [
        "axial",
        "flipped",
        "oblique",
        "broken",
        "absent",
    ]
    assert "decoded" in predicted.results[3].error or "readable" in predicted.results[3].error
    assert "no such blob" in predicted.results[4].error
    for item, result in zip(items, predicted.results, strict=False):
        masks = unpack_masks(resources.blobs.read(result.masks))
        shape = (item.volume.rows, item.volume.columns)
        for (layer, key), data in masks.items():
            assert layer == 0
            assert key in {frame.key for frame in item.volume.frames}
            assert set(np.unique(decode_mask(data, shape=shape))) <= {0, 1, 2}
        assert 0 <= result.score.uncertainty <= 1
        assert len(result.score.features) == 256


def test_the_same_seed_trains_the_same_network(resources, tmp_path):
    items = items_of(resources, tmp_path, [("axial", "train"), ("oblique", "train")])
    first = train(resources, train_request(items), QuietReport())
    second = train(resources, train_request(items), QuietReport())
    assert [p.loss for p in first.curve] == pytest.approx([p.loss for p in second.curve], rel=1e-3)


def test_a_child_goes_on_from_its_parent_even_with_a_new_segment(resources, tmp_path):
    items = items_of(resources, tmp_path, [("axial", "train"), ("oblique", "train")])
    parent = train(resources, train_request(items), QuietReport())
    grown = (*SEGMENTS, SegmentSpec(id=4, name="Lone"))
    request = train_request(items, parent_weights=parent.weights, segments=grown)
    child = train(resources, request, QuietReport())
    assert child.config["segment_ids"] == [1, 2, 4]


@pytest.mark.parametrize(
    ("names", "said"),
    [([("axial", "train")], "at least 2 patients; there is 1"), ([], "there are 0")],
)
def test_training_with_too_few_patients_says_how_many_it_needs(resources, tmp_path, names, said):
    with pytest.raises(JobFailed, match=said) as failure:
        train(resources, train_request(items_of(resources, tmp_path, names)), QuietReport())
    assert failure.value.answer.code == "too_few_cases"


def test_a_patient_in_two_splits_is_a_mistake_of_the_caller(resources, tmp_path):
    items = items_of(
        resources, tmp_path, [("axial", "train"), ("oblique", "test"), ("flipped", "train")]
    )
    mixed = (*items[:2], items[2].model_copy(update={"patient": "P1"}))
    with pytest.raises(ValueError, match="two splits"):
        train(resources, train_request(mixed), QuietReport())


def test_missing_weights_name_the_command_that_adds_them(resources, tmp_path):
    _, ref = stored_phantom("axial", tmp_path, resources.blobs)
    request = FeaturesRequest(
        job_id="j", version_id="v", weights=BlobRef(sha256="0" * 64, size=1), volume=ref,
        keys=(ref.frames[0].key,),
    )  # fmt: skip
    with pytest.raises(JobFailed, match=r"manage\.py model add") as failure:
        embed_frames(resources, request, QuietReport())
    assert failure.value.answer.code == "weights_missing"


def prepare(resources, architecture="limn_tiny"):
    checkpoint = resources.blobs.write(TINY_SAM.read_bytes())
    return checkpoint, PrepareModelRequest(
        job_id="j", version_id="v", checkpoint=checkpoint, architecture=architecture,
        preprocessing="sam",
    )  # fmt: skip


def test_the_shipped_model_answers_a_click_through_its_exported_decoder(resources, tmp_path):
    _, ref = stored_phantom("axial", tmp_path, resources.blobs)
    checkpoint, request = prepare(resources)
    prepared = prepare_model(resources, request, QuietReport())
    answer = embed_frames(
        resources,
        FeaturesRequest(
            job_id="j", version_id="v", weights=checkpoint, config=prepared.config.model_dump(),
            volume=ref, keys=(ref.frames[5].key, ref.frames[2].key),
        ),
        QuietReport(),
    )  # fmt: skip
    assert [item.key for item in answer.items] == [ref.frames[5].key, ref.frames[2].key]
    channels, height, width = prepared.config.embedding_shape
    features = np.frombuffer(resources.blobs.read(answer.items[0].blob), dtype="<f2")
    session = onnxruntime.InferenceSession(resources.blobs.read(prepared.decoder))
    masks, scores = session.run(
        None,
        {
            "image_embeddings": features.reshape(1, channels, height, width).astype(np.float32),
            "point_coords": np.array([[[60, 50], [0, 0]]], dtype=np.float32),
            "point_labels": np.array([[1, -1]], dtype=np.float32),
            "mask_input": np.zeros((1, 1, 4 * height, 4 * width), dtype=np.float32),
            "has_mask_input": np.zeros(1, dtype=np.float32),
        },
    )
    assert masks.shape == (1, 4, 4 * height, 4 * width)
    assert scores.shape == (1, 4)
    assert np.isfinite(masks).all()


def test_a_checkpoint_under_a_wrong_name_is_refused(resources):
    _, request = prepare(resources, architecture="vit_b")
    with pytest.raises(JobFailed, match="holds limn_tiny, not vit_b") as failure:
        prepare_model(resources, request, QuietReport())
    assert failure.value.answer.code == "model_unknown"
