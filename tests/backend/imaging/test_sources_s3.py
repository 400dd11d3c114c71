"""A bucket as a source, on a small server that speaks as much of S3 as listing and reading."""

import hashlib
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from backend.core.models import Job
from backend.core.services import job_run
from backend.imaging.models import Instance
from backend.imaging.services.sources.running import source_run_job
from tests.factories import Api

pytestmark = pytest.mark.django_db
_ERROR = "<Error><Code>{}</Code><Message>no</Message></Error>"


@pytest.fixture(autouse=True)
def quiet_bells(monkeypatch):
    """Keep doorbells away from the broker, the process edge."""
    monkeypatch.setattr("backend.core.services.ring", lambda *_, **__: True)


@pytest.fixture
def admin(ada):
    api = Api()
    api.force_login(ada)
    return api


class Bucket(BaseHTTPRequestHandler):
    """One bucket, `lab`."""

    objects: dict = {}

    def do_GET(self):
        place = urlsplit(self.path)
        bucket, _, key = unquote(place.path).lstrip("/").partition("/")
        if bucket != "lab":
            self._answer(404, _ERROR.format("NoSuchBucket").encode())
        elif "KEY-ID" not in self.headers.get("Authorization", ""):
            self._answer(403, _ERROR.format("AccessDenied").encode())
        elif key:
            self._answer(200, self.objects[key])
        else:
            self._answer(200, self._listing(parse_qs(place.query).get("prefix", [""])[0]))

    def _listing(self, prefix):
        rows = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(body)}</Size>"
            f"<ETag>&quot;{hashlib.md5(body).hexdigest()}&quot;</ETag></Contents>"  # noqa: S324
            for key, body in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        return (
            f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()
        )

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def bucket():
    handler = type("Handler", (Bucket,), {"objects": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.url = f"http://127.0.0.1:{server.server_port}"
    yield handler
    server.shutdown()
    server.server_close()


def asked(server, **settings):
    chosen = {
        "kind": "s3",
        "bucket": "lab",
        "prefix": "in/",
        "endpoint": server.url,
        "key_id": "KEY-ID",
        **settings,
    }
    return {"settings": chosen, "secrets": {"secret_key": "plain-words"}}


def run_now(api, source):
    answer = api.post(f"/api/v1/sources/{source['id']}/runs").json()
    job_run(job_id=Job.objects.get(pk=answer["job_id"]).pk, handler=source_run_job)
    return api.get(f"/api/v1/sources/{source['id']}").json()["last_run"]


def test_objects_below_the_prefix_come_in_once_archives_too(admin, bucket, make_phantom):
    paths = make_phantom("axial").paths
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in paths[2:]:
            archive.write(path, path.name)
    bucket.objects = {
        "in/a.dcm": paths[0].read_bytes(),
        "in/rest.zip": packed.getvalue(),
        "in/folder/": b"",
        "elsewhere/b.dcm": paths[1].read_bytes(),
    }
    source = admin.post("/api/v1/sources", {"name": "Lab", **asked(bucket)}).json()

    first = run_now(admin, source)
    bucket.objects["in/b.dcm"] = paths[1].read_bytes()
    second = run_now(admin, source)

    assert (first["found"], first["counts"]["stored"]) == (2, len(paths) - 1), first
    assert (second["found"], second["skipped"], second["counts"]["stored"]) == (1, 2, 1)
    assert Instance.objects.count() == len(paths)


@pytest.mark.parametrize(
    ("settings_of_bucket", "sentence"),
    [
        ({}, "The bucket can be read: 0 objects there."),
        ({"bucket": "nowhere"}, "There is no such bucket."),
        (
            {"key_id": "OTHER"},
            "The service knows the key, but does not let it read this bucket.",
        ),
    ],
)
def test_the_test_says_what_is_there_or_what_is_wrong(admin, bucket, settings_of_bucket, sentence):
    answer = admin.post("/api/v1/source-tests", asked(bucket, **settings_of_bucket)).json()

    assert answer["sentence"] == sentence
