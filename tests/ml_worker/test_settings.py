"""What the worker reads from its environment."""

import pytest
import torch

from ml_worker import tasks
from ml_worker.boot import choose_device, worker
from ml_worker.settings import Settings, SettingsInvalid


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("LIMN_WORKER_TOKEN", "secret")
    monkeypatch.delenv("LIMN_WORKER_TOKEN_FILE", raising=False)
    monkeypatch.delenv("LIMN_LEASE_SECONDS", raising=False)


@pytest.mark.parametrize(("lease", "beat"), [("", 6.0), ("10", 2.0), ("3", 0.6), ("2", 0.5)])
def test_a_lease_outlasts_several_lost_heartbeats(monkeypatch, lease, beat):
    monkeypatch.setenv("LIMN_LEASE_SECONDS", lease)
    settings = Settings.from_environment()
    assert settings.lease_s == float(lease or 30)
    assert settings.heartbeat_s == pytest.approx(beat)


def test_a_lease_that_is_no_number_and_a_missing_secret_are_refused_by_name(monkeypatch):
    monkeypatch.setenv("LIMN_LEASE_SECONDS", "soon")
    with pytest.raises(SettingsInvalid, match="LIMN_LEASE_SECONDS"):
        Settings.from_environment()
    monkeypatch.setenv("LIMN_WORKER_TOKEN", "")
    with pytest.raises(SettingsInvalid, match="LIMN_WORKER_TOKEN"):
        Settings.from_environment()


@pytest.mark.parametrize(
    ("wanted", "said"), [("cuda", "no GPU is found"), ("cuda:3", "no GPU"), ("gpu", "no device")]
)
def test_a_device_that_is_not_there_is_refused_with_a_way_out(monkeypatch, wanted, said):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SettingsInvalid, match=said) as refused:
        choose_device(wanted)
    assert "auto" in str(refused.value)
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")


def test_a_worker_with_unfit_settings_ends_and_says_why(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("LIMN_DEVICE", "cuda")
    worker.cache_clear()
    with pytest.raises(SystemExit, match="LIMN_DEVICE=cuda, but no GPU"):
        tasks.greet()
