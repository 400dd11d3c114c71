"""The nginx of production: who may see a study is asked once, frames come from its cache."""

import http.client
import subprocess
import tempfile
import threading
from collections import Counter
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from tests.bench.peers import front_server, nginx_program, production_nginx
from tests.ports import free_port

pytestmark = pytest.mark.skipif(nginx_program() is None, reason="no nginx on this machine")
STUDY = "0b0f4a0e-1111-4222-8333-444444444444"
FRAME = bytes(range(256)) * 400


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def upstream():
    """A web process that counts what it is asked; its door opens for the token "good"."""
    asked = Counter()

    def application(environ, start_response):
        path = environ["PATH_INFO"]
        asked[path] += 1
        if path.endswith("/access"):
            is_good = environ.get("HTTP_X_LIMN_FRAMES") == "good"
            start_response("204 No Content" if is_good else "401 Unauthorized", [])
            return []
        kind = "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
        headers = [("Content-Type", kind), ("ETag", '"a-1"'), ("Content-Length", str(len(FRAME)))]
        headers.append(("Cache-Control", "private, max-age=31536000, immutable"))
        start_response("200 OK", headers)
        return [FRAME]

    server = make_server("127.0.0.1", 0, application, Threaded, Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()


@pytest.fixture
def folder():
    """A folder that nginx's workers may enter too: as root they are somebody else."""
    with tempfile.TemporaryDirectory(prefix="limn-nginx-") as made:
        path = Path(made)
        path.chmod(0o755)
        yield path


def get(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


def test_nginx_accepts_the_configuration(folder):
    configuration = production_nginx(folder, free_port(), free_port())

    done = subprocess.run(
        [nginx_program(), "-t", "-c", str(configuration), "-p", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_access_is_asked_once_and_a_frame_fetched_once(folder, upstream):
    web_port, asked = upstream
    frames = [f"/frames/{STUDY}/7/{number}" for number in (1, 2)]
    token = {"X-Limn-Frames": "good"}
    with front_server(folder, web_port) as front:
        answers = [get(front.port, path, **token) for path in frames * 3]
        part = get(front.port, frames[0], **token, Range="bytes=10-19")
        known = get(front.port, frames[0], **token, **{"If-None-Match": '"a-1"'})
        refused = get(front.port, frames[0], **{"X-Limn-Frames": "bad"})
        nobody = get(front.port, frames[0])

    assert {(status, body) for status, body, _ in answers} == {(200, FRAME)}
    assert "immutable" in answers[-1][2]["Cache-Control"]
    assert (part[0], part[1]) == (206, FRAME[10:20])
    assert known[0] == 304
    assert (refused[0], nobody[0]) == (401, 401)
    assert [asked[path] for path in frames] == [1, 1]
    assert asked[f"/frames/{STUDY}/access"] == 3  # the good token once, each of the others once
