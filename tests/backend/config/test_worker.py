"""The web worker on real sockets: a thread that stays with a connection keeps nobody waiting."""

import http.client
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from backend.config.launch.services import WORKER
from tests.conftest import ROOT
from tests.ports import free_port

THREADS = 2
APPLICATION = """
def application(environ, start_response):
    body = environ["PATH_INFO"].encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.fixture
def web(tmp_path):
    (tmp_path / "echo.py").write_text(APPLICATION)
    port = free_port()
    argv = [str(Path(sys.executable).parent / "gunicorn"), "echo:application"]
    argv += [f"--worker-class={WORKER}", f"--threads={THREADS}", f"--pythonpath={ROOT},{tmp_path}"]
    argv += ["--no-control-socket", "--keep-alive=30", f"--bind=127.0.0.1:{port}"]
    with subprocess.Popen(argv, cwd=tmp_path) as process:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield port, process
        process.terminate()


def ask(link, path, body=None):
    link.request("POST" if body else "GET", path, body)
    answer = link.getresponse()
    return answer.status, answer.read().decode()


def test_requests_one_upon_another_are_answered_on_one_connection(web):
    link = http.client.HTTPConnection("127.0.0.1", web[0], timeout=10)
    kept = None
    for number in range(200):
        assert ask(link, f"/{number}") == (200, f"/{number}")
        kept = kept or link.sock
        assert link.sock is kept


def test_more_connections_than_threads_are_all_answered(web):
    links = [http.client.HTTPConnection("127.0.0.1", web[0], timeout=10) for _ in range(12)]
    for turn in range(20):
        for number, link in enumerate(links):
            assert ask(link, f"/{turn}/{number}") == (200, f"/{turn}/{number}")


def test_a_body_nobody_read_is_not_taken_for_the_next_request(web):
    link = http.client.HTTPConnection("127.0.0.1", web[0], timeout=10)
    for number in range(5):
        assert ask(link, f"/{number}", b"x" * 20_000) == (200, f"/{number}")


def test_requests_that_are_sent_together_are_answered_in_order(web):
    with socket.create_connection(("127.0.0.1", web[0]), 10) as link:
        asked = b"".join(b"GET /%d HTTP/1.1\r\nHost: here\r\n\r\n" % n for n in range(5))
        link.sendall(asked + b"GET /end HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        told = b""
        while piece := link.recv(1 << 16):
            told += piece
    bodies = [part.partition(b"\r\n\r\n")[2] for part in told.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"/0", b"/1", b"/2", b"/3", b"/4", b"/end"]


def test_the_worker_ends_though_a_connection_is_kept(web):
    port, process = web
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    assert ask(link, "/kept")[0] == 200

    process.terminate()

    assert process.wait(timeout=15) == 0
