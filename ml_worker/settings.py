"""Everything the worker reads from its environment, read once."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

DEFAULT_LEASE_SECONDS = 30
# So many heartbeats may be lost before the lease is.
BEATS_A_LEASE = 5
LEAST_HEARTBEAT_SECONDS = 0.5
HELLO_SECONDS = 15.0
DEFAULT_CACHE_MIB = 4096


class SettingsInvalid(ValueError):
    """The environment does not say what the worker needs; the message names the variable."""


@dataclass(frozen=True)
class Settings:
    """Where the worker finds its broker, its door, its blobs and its cache."""

    name: str
    broker_url: str
    web_url: str
    token: str
    blobs: str
    s3_endpoint: str | None
    cache: Path
    cache_mib: int
    device: str
    lease_s: float

    @property
    def heartbeat_s(self) -> float:
        """How often a job says that it is alive."""
        return max(self.lease_s / BEATS_A_LEASE, LEAST_HEARTBEAT_SECONDS)

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the variables of the worker; a missing secret is refused."""
        data = Path(os.environ.get("LIMN_DATA") or ".limn")
        port = os.environ.get("LIMN_PORT") or "8000"
        return cls(
            name=os.environ.get("LIMN_WORKER_NAME") or f"{socket.gethostname()}-{os.getpid()}",
            broker_url=os.environ.get("LIMN_BROKER_URL") or "redis://127.0.0.1:6379/0",
            web_url=(os.environ.get("LIMN_WEB_URL") or f"http://127.0.0.1:{port}").rstrip("/"),
            token=_secret("LIMN_WORKER_TOKEN"),
            blobs=os.environ.get("LIMN_BLOBS") or str(data / "blobs"),
            s3_endpoint=os.environ.get("LIMN_S3_ENDPOINT") or None,
            cache=data / "cache" / "worker",
            cache_mib=_whole_number("LIMN_WORKER_CACHE_MIB", DEFAULT_CACHE_MIB),
            device=os.environ.get("LIMN_DEVICE") or "auto",
            lease_s=_whole_number("LIMN_LEASE_SECONDS", DEFAULT_LEASE_SECONDS),
        )


def broker_url() -> str:
    """Return the broker's address alone; the queue needs it before the secrets are there."""
    return os.environ.get("LIMN_BROKER_URL") or "redis://127.0.0.1:6379/0"


def _secret(name: str) -> str:
    file = os.environ.get(f"{name}_FILE")
    value = Path(file).read_text().strip() if file else os.environ.get(name, "")
    if not value:
        raise SettingsInvalid(f"Set {name} or {name}_FILE.")
    return value


def _whole_number(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdigit():
        raise SettingsInvalid(f"{name} must be a whole number, not {value!r}.")
    return int(value)
