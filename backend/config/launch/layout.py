"""Where everything of one installation lies, and the secrets that are made once and kept."""

import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Layout:
    """One data folder holds all: database, blobs, uploads, secrets, logs."""

    data: Path
    port: int
    host: str

    @classmethod
    def from_environment(cls) -> "Layout":
        """Read LIMN_DATA, LIMN_PORT and LIMN_HOST."""
        port = os.environ.get("LIMN_PORT") or "8000"
        if not port.isdigit() or not 0 < int(port) < 65535:
            raise SystemExit(f"LIMN_PORT must be a port number, not {port!r}.")
        data = Path(os.environ.get("LIMN_DATA") or ROOT / ".limn").expanduser().resolve()
        return cls(data=data, port=int(port), host=os.environ.get("LIMN_HOST") or "127.0.0.1")

    @property
    def run(self) -> Path:
        """Return the folder of what only matters while running."""
        return self.data / "run"

    @property
    def logs(self) -> Path:
        """Return the folder of the processes' logs."""
        return self.data / "logs"

    @property
    def gate(self) -> Path:
        """Return the file whose appearing lets the web process serve: its tables are there."""
        return self.run / "tables-are-there"

    @property
    def dimse_port(self) -> int:
        """Return the port of the DIMSE door; 0 where it stays closed."""
        port = os.environ.get("LIMN_DIMSE_PORT") or "0"
        if not port.isdigit() or int(port) > 65535:
            raise SystemExit(f"LIMN_DIMSE_PORT must be a port number, not {port!r}.")
        return int(port)

    @property
    def address(self) -> str:
        """Return what to type into the browser."""
        return f"http://{self.host}:{self.port}"

    def prepare(self) -> None:
        """Make the folders; others may pass through, only the owner may read the secrets."""
        for folder in (self.data, self.run, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        (self.data / "secrets").mkdir(mode=0o700, exist_ok=True)

    def secret(self, name: str) -> str:
        """Return a secret, made at the first start and readable by the owner only."""
        path = self.data / "secrets" / name
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(32))
        return path.read_text(encoding="utf-8").strip()

    def inner_port(self, name: str) -> int:
        """Return a port for an inner service: the one of last time if it is free."""
        path = self.run / "ports.json"
        ports: dict[str, int] = {}
        if path.exists():
            ports = json.loads(path.read_text(encoding="utf-8"))
        if name not in ports or not port_is_free("127.0.0.1", ports[name]):
            ports[name] = _any_free_port()
            path.write_text(json.dumps(ports), encoding="utf-8")
        return ports[name]


def port_is_free(host: str, port: int) -> bool:
    """Tell whether `port` can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
