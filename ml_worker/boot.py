"""Put a worker process together, once."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import version

import torch

from ml_worker.blobs import open_blobs
from ml_worker.contract.door import Hello
from ml_worker.door import Door, DoorRefused, DoorUnreachable
from ml_worker.handlers.features import embed_frames, prepare_model
from ml_worker.handlers.predict import predict
from ml_worker.handlers.resources import Resources
from ml_worker.handlers.train import train
from ml_worker.models.sam_parts import TORCHVISION
from ml_worker.models.unet2d import FAMILY
from ml_worker.runner import Handler, Runner
from ml_worker.settings import HELLO_SECONDS, Settings, SettingsInvalid
from ml_worker.volumes import VolumeCache

log = logging.getLogger(__name__)

MIB = 1024 * 1024


@dataclass(frozen=True)
class Worker:
    """A process that can run jobs and say that it is there."""

    runner: Runner
    door: Door
    hello: Hello
    volumes: VolumeCache

    def greet_forever(self, over: threading.Event) -> None:
        """Say hello now and again until ``over``; a closed door is tried again."""
        while True:
            try:
                self.volumes.forget(self.door.hello(self.hello).erased_ago_s)
            except (DoorUnreachable, DoorRefused) as error:
                log.warning("Hello was not heard: %s", error)
            if over.wait(HELLO_SECONDS):
                return


@lru_cache(maxsize=1)
def worker() -> Worker:
    """Build the process's worker from its environment."""
    settings = Settings.from_environment()
    device = choose_device(settings.device)
    resources = Resources(
        blobs=open_blobs(settings.blobs, settings.s3_endpoint),
        volumes=VolumeCache(settings.cache, settings.cache_mib),
        device=device,
    )
    door = Door(settings.web_url, settings.token)
    runner = Runner(
        door=door,
        handlers=handlers_of(resources),
        name=settings.name,
        lease_s=settings.lease_s,
        heartbeat_s=settings.heartbeat_s,
        out_of_memory=resources.forget,
    )
    return Worker(runner, door, describe(settings.name, device), resources.volumes)


def handlers_of(resources: Resources) -> dict[str, Handler]:
    """Return the handler of every kind of request."""
    kinds: dict[str, Callable[..., object]] = {
        "train": train,
        "predict": predict,
        "features": embed_frames,
        "prepare_model": prepare_model,
    }
    return {kind: partial(handler, resources) for kind, handler in kinds.items()}  # type: ignore[misc]


def choose_device(wanted: str) -> torch.device:
    """Return the accelerator where there is one, unless the settings say otherwise.

    One that is asked for by name and is not there is refused: a job must not crawl unnoticed.
    """
    has_gpu = torch.cuda.is_available()
    if wanted == "auto":
        return torch.device("cuda" if has_gpu else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise SettingsInvalid(f"LIMN_DEVICE={wanted} names no device; try auto or cpu.") from error
    if device.type == "cuda" and not has_gpu:
        raise SettingsInvalid(
            f"LIMN_DEVICE={wanted}, but no GPU is found here. "
            "Check its driver, or set LIMN_DEVICE=auto to work on the processor."
        )
    return device


def describe(name: str, device: torch.device) -> Hello:
    """Say what this process is and can do."""
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        shown, memory = properties.name, int(properties.total_memory // MIB)
    else:
        shown, memory = f"cpu, {torch.get_num_threads()} threads", _memory_mib()
    return Hello(
        worker=name,
        device=shown,
        memory_mib=memory,
        families=(FAMILY, "sam"),
        torch=version("torch"),
        torchvision=f"{version('torchvision')} ({TORCHVISION})",
    )


def _memory_mib() -> int:
    """Return the machine's memory, 0 where the system does not say."""
    names = os.sysconf_names
    if "SC_PHYS_PAGES" not in names or "SC_PAGE_SIZE" not in names:
        return 0
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MIB
