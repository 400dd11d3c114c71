"""Stored messages parse for ever, keep what they say, and tolerate what they do not know."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from ml_worker.contract.messages import Failed, TrainRequest, answer_adapter, request_adapter

SAMPLES = sorted((Path(__file__).parents[2] / "fixtures" / "messages").glob("*.json"))
REQUESTS = {"train", "predict", "features", "prepare_model"}


def adapter_for(kind: str):
    return request_adapter if kind in REQUESTS else answer_adapter


def test_every_kind_has_a_sample():
    kinds = {json.loads(path.read_text())["kind"] for path in SAMPLES}
    answers = {"trained", "predicted", "features_ready", "model_prepared", "failed"}
    assert kinds == REQUESTS | answers


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_stored_message_parses_and_says_the_same_again(path):
    stored = json.loads(path.read_text())
    adapter = adapter_for(stored["kind"])
    message = adapter.validate_python(stored | {"a_field_of_tomorrow": [1, 2]})
    again = json.loads(adapter.dump_json(message))
    assert adapter.validate_python(again) == message
    settings = again.pop("settings", {})
    assert settings.items() >= stored.pop("settings", {}).items()
    assert again == stored


def test_messages_do_not_change():
    failed = Failed(code="cancelled", detail="Stopped.")
    with pytest.raises(ValidationError, match="frozen"):
        failed.detail = "Other."


def test_a_mask_value_of_zero_is_not_a_segment():
    stored = json.loads(next(path for path in SAMPLES if path.stem == "train").read_text())
    stored["segments"][0]["id"] = 0
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        TrainRequest.model_validate(stored)


def test_contract_and_geometry_load_neither_torch_nor_django():
    code = (
        "import sys, ml_worker.contract.door, ml_worker.contract.masks, ml_worker.geometry.frames;"
        "print(sorted({'torch', 'monai', 'celery', 'django', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
