"""One job from claim to answer against a real HTTP server, with everything that can go wrong."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from ml_worker.contract.messages import CurvePoint, FailureCode, FeaturesAnswer, PrepareModelRequest
from ml_worker.decoding import ImageUnreadable
from ml_worker.door import Door, DoorRefused
from ml_worker.failures import JobFailed
from ml_worker.runner import Runner
from tests.ml_worker.fake_door import TOKEN, FakeBackend, serve
from tests.ml_worker.samples import HELLO

SAMPLES = Path(__file__).parents[2] / "fixtures" / "messages"
REQUEST = json.loads((SAMPLES / "prepare_model.json").read_text())


@pytest.fixture
def backend():
    with serve(FakeBackend(request=REQUEST)) as running:
        yield running


def runner_of(backend: FakeBackend, handler=None, token: str = TOKEN) -> Runner:
    def answer(_request, _report):
        return FeaturesAnswer(items=())

    return Runner(
        door=Door(backend.address, token),
        handlers={"prepare_model": handler or answer},
        name="w1",
        lease_s=5,
        heartbeat_s=0.02,
        sleep=lambda _seconds: None,
    )


def wait_until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def raising(error: BaseException):
    def handler(_request, _report):
        raise error

    return handler


def test_a_job_is_claimed_worked_on_and_answered(backend):
    seen = []

    def handler(request, report):
        seen.append(request)
        report.progress(0.5, "Half way")
        wait_until(lambda: any(beat["progress"] == 0.5 for beat in backend.heartbeats))
        return FeaturesAnswer(items=())

    assert runner_of(backend, handler).run("j1") == "features_ready"
    assert isinstance(seen[0], PrepareModelRequest)
    assert backend.answers == [{"kind": "features_ready", "items": []}]
    assert {"attempt": 1, "progress": 0.5, "message": "Half way", "point": None} in (
        backend.heartbeats
    )


def test_every_curve_point_arrives_once_and_in_order(backend):
    points = [CurvePoint(step=n, loss=1 / n, dice=None, at="now") for n in range(1, 30)]
    backend.faults = {"heartbeat": [503, 500]}

    def handler(_request, report):
        for point in points:
            report.progress(point.step / 30, point=point)
        return FeaturesAnswer(items=())

    runner_of(backend, handler).run("j1")
    sent = [beat["point"]["step"] for beat in backend.heartbeats if beat["point"]]
    assert sent == [point.step for point in points]


def test_a_job_that_is_not_to_be_had_is_left_alone(backend):
    backend.request = None
    assert runner_of(backend).run("j1") == "not ours"
    assert backend.calls == ["claim"]


def wait_for_the_verdict(_request, report):
    wait_until(lambda: report.progress(0.1))


def test_a_cancelled_job_stops_and_says_so(backend):
    backend.verdicts = ["go", "cancelled"]
    assert runner_of(backend, wait_for_the_verdict).run("j1") == "failed"
    assert backend.answers[0]["code"] == "cancelled"


def test_a_lost_job_stops_and_says_nothing(backend):
    backend.verdicts = ["go", "lost"]
    assert runner_of(backend, wait_for_the_verdict).run("j1") == "lost"
    assert "answer" not in backend.calls


def test_an_answer_under_an_old_attempt_changes_nothing(backend):
    def overtaken(_request, _report):
        backend.attempt = 2
        return FeaturesAnswer(items=())

    assert runner_of(backend, overtaken).run("j1") == "lost"
    assert backend.answers == []


def test_a_stumbling_backend_is_tried_again_and_nothing_is_answered_twice(backend):
    backend.faults = {"claim": [502, 503], "answer": [500, 500, 502]}
    assert runner_of(backend).run("j1") == "features_ready"
    assert len(backend.answers) == 1


def test_a_closed_door_leaves_the_job_where_it_is():
    gone = FakeBackend(address="http://127.0.0.1:9")
    assert runner_of(gone).run("j1") == "unclaimed"


def test_a_wrong_token_is_not_tried_again(backend):
    runner = runner_of(backend, token="other")
    assert runner.run("j1") == "unclaimed"
    with pytest.raises(DoorRefused, match="401"):
        runner.door.hello(HELLO)


@pytest.mark.parametrize(
    ("error", "code", "detail"),
    [
        (JobFailed(FailureCode.TOO_FEW_CASES, "Two, please."), "too_few_cases", "Two, please."),
        (ImageUnreadable("Frame 3 cannot be decoded."), "image_unreadable", "Frame 3"),
        (MemoryError(), "out_of_memory", "smaller patch"),
        (torch.OutOfMemoryError("CUDA out of memory"), "out_of_memory", "smaller patch"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "out_of_memory", "smaller"),
        (KeyError("patient Doe"), "worker_error", "stumbled"),
    ],
)
def test_a_failure_is_an_answer_and_shows_no_insides(backend, error, code, detail):
    assert runner_of(backend, raising(error)).run("j1") == "failed"
    answer = backend.answers[0]
    assert answer["code"] == code
    assert detail in answer["detail"]
    assert "Doe" not in answer["detail"]


@pytest.mark.parametrize(
    "take", [lambda: torch.zeros(1 << 50), lambda: np.ones(1 << 50)], ids=["torch", "numpy"]
)
def test_a_job_that_truly_runs_out_of_memory_says_so_and_the_next_one_works(backend, take):
    def greedy(_request, _report):
        return take()

    assert runner_of(backend, greedy).run("j1") == "failed"
    assert backend.answers[0]["code"] == "out_of_memory"
    assert "ran out of memory" in backend.answers[0]["detail"]
    assert runner_of(backend).run("j1") == "features_ready"


def test_memory_is_given_back_after_it_ran_out(backend):
    forgotten = []
    runner = runner_of(backend, raising(MemoryError()))
    runner = Runner(**vars(runner) | {"out_of_memory": lambda: forgotten.append(1)})
    runner.run("j1")
    assert forgotten == [1]


def test_a_request_of_another_version_is_answered_not_crashed_on(backend):
    backend.request = {"kind": "dream", "job_id": "j1"}
    assert runner_of(backend).run("j1") == "failed"
    assert "differ in version" in backend.answers[0]["detail"]
