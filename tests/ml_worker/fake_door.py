"""A real local HTTP server that speaks the worker's door, with faults on request."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "w0rker"


@dataclass
class FakeBackend:
    """What the server knows and what it was told."""

    request: dict[str, Any] | None = None
    attempt: int = 1
    verdicts: list[str] = field(default_factory=list)  # then "go" for ever
    faults: dict[str, list[int]] = field(default_factory=dict)  # door -> statuses to answer first
    heartbeats: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    greetings: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    address: str = ""

    def reply(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        door = path.rsplit("/", 1)[-1]
        self.calls.append(door)
        if self.faults.get(door):
            return self.faults[door].pop(0), None
        return getattr(self, f"_{door}")(body)

    def _claim(self, _body):
        if self.request is None:
            return 409, None
        return 200, {
            "kind": self.request["kind"],
            "attempt": self.attempt,
            "request": self.request,
        }

    def _heartbeat(self, body):
        self.heartbeats.append(body)
        return 200, {"verdict": self.verdicts.pop(0) if self.verdicts else "go"}

    def _answer(self, body):
        if body["attempt"] != self.attempt:
            return 409, None
        self.answers.append(body["answer"])
        return 204, None

    def _hello(self, body):
        self.greetings.append(body)
        return 200, {"erased_ago_s": None}


@contextmanager
def serve(backend: FakeBackend) -> Iterator[FakeBackend]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["Authorization"] != f"Worker {TOKEN}":
                status, answer = 401, None
            else:
                status, answer = backend.reply(self.path, body)
            data = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    backend.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield backend
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
