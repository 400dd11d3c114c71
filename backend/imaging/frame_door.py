"""The frame door: in front of Django, because frames are most of the traffic.

``GET /frames/<study id>/<instance pk>/<frame>`` with ``X-Limn-Frames: <token>``. The token is
checked by its signature, and every few seconds whether its owner still sees the study. The row is
remembered (instances never change), and the bytes go from the file to the socket by sendfile. The
address never changes, so a browser keeps what it has.

``GET /frames/<study id>/access`` only checks, always anew: a proxy asks it, and keeps the answer
for 30 s and the frames for long.
"""

import json
import math
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from io import FileIO
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections, connection

from backend.core.errors import LimnError
from backend.imaging.domain.frame_token import derive_key, token_allows, token_reader
from backend.imaging.selectors.access import may_still_see
from backend.imaging.selectors.frames import FilePart, FrameSource, frame_bytes, frame_source

PREFIX = "/frames/"
ACCESS = "/access"
# Leave that was taken back counts as given no longer than this.
TRUSTED_SECONDS = 15.0
MOST_TRUSTED = 8192
BLOCK_BYTES = 1 << 20
REMEMBERED = 65_536
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_CACHING = "private, max-age=31536000, immutable"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class Refused(LimnError):
    """The token does not open this door."""

    status = 401
    code = "frames.token_refused"


class Expired(LimnError):
    """The token was good and is not any more; ask for another."""

    status = 403
    code = "frames.token_expired"


class Missing(LimnError):
    """There is no such frame."""

    status = 404
    code = "not_found"


class OutOfRange(LimnError):
    """A part of a frame is asked for that it does not have."""

    status = 416
    code = "frames.out_of_range"


class WrongMethod(LimnError):
    """Frames are only read."""

    status = 405
    code = "method_not_allowed"


class FrameDoor:
    """Answers frame requests itself and hands everything else to Django."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._key = derive_key(settings.SECRET_KEY)
        self._trusted: dict[tuple[UUID | None, UUID], float] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if not environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._inner(environ, start_response)
        try:
            return self._serve(environ, start_response)
        except LimnError as error:
            return _problem(start_response, error)

    def _serve(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            raise WrongMethod("Frames can only be read.")
        path, token = environ["PATH_INFO"], environ.get("HTTP_X_LIMN_FRAMES", "")
        if path.endswith(ACCESS):
            study = path.removeprefix(PREFIX).removesuffix(ACCESS)
            self._check(token, _study(study), trusting=False)
            start_response("204 No Content", [("Cache-Control", "no-store")])
            return []
        study_id, instance_pk, number = _address(path)
        self._check(token, study_id, trusting=True)
        source = _source(instance_pk)
        if source.study_id != study_id:
            raise Missing("There is no such frame.")
        return _answer(environ, start_response, source, number)

    def _check(self, token: str, study_id: UUID, *, trusting: bool) -> None:
        verdict = token_allows(self._key, token, study_id.hex, time.time()) if token else "no"
        if verdict == "expired":
            raise Expired("The leave to read this study has run out; ask for a new one.")
        if verdict != "yes":
            raise Refused("Reading frames needs a token for this study.")
        reader = (token_reader(token), study_id)
        now = time.monotonic()
        if trusting and now - self._trusted.get(reader, -math.inf) < TRUSTED_SECONDS:
            return
        _renew_connection()
        if not may_still_see(user_id=reader[0], study_id=study_id):
            self._trusted.pop(reader, None)
            raise Refused("The leave to read this study was taken back.")
        if len(self._trusted) >= MOST_TRUSTED:
            self._trusted.clear()
        self._trusted[reader] = now


def _answer(
    environ: Environ, start_response: StartResponse, source: FrameSource, number: int
) -> Iterable[bytes]:
    frame = frame_bytes(source, number)
    headers = [("ETag", frame.tag), ("Cache-Control", _CACHING), ("Accept-Ranges", "bytes")]
    if environ.get("HTTP_IF_NONE_MATCH") == frame.tag:
        start_response("304 Not Modified", headers)
        return []
    status, place = "200 OK", frame.place
    if "HTTP_RANGE" in environ and environ.get("HTTP_IF_RANGE", frame.tag) == frame.tag:
        part = _part(environ["HTTP_RANGE"], place)
        if part is not None:
            begin = part.offset - place.offset
            told = f"bytes {begin}-{begin + part.length - 1}/{place.length}"
            headers.append(("Content-Range", told))
            status, place = "206 Partial Content", part
    headers += [
        ("Content-Type", frame.content_type),
        ("Content-Length", str(place.length)),
        ("X-Content-Type-Options", "nosniff"),
    ]
    body = _open(place) if environ["REQUEST_METHOD"] == "GET" else None
    start_response(status, headers)
    if body is None:
        return []
    wrapper = environ.get("wsgi.file_wrapper", _blocks)
    answer: Iterable[bytes] = wrapper(body, BLOCK_BYTES)
    return answer


def _part(asked: str, whole: FilePart) -> FilePart | None:
    """Return the one range that is asked for; None where it is none, or several (RFC 9110 14.2)."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if not first:
        begin, end = max(whole.length - int(last), 0), whole.length
    else:
        begin = int(first)
        end = min(int(last) + 1 if last else whole.length, whole.length)
    if begin >= end:
        raise OutOfRange(f"The frame has {whole.length} bytes.")
    return FilePart(whole.path, whole.offset + begin, end - begin)


class _Slice:
    """A run of bytes of a file: sendfile finds its descriptor, others read no further than it."""

    def __init__(self, place: FilePart) -> None:
        self._file = FileIO(os.fspath(place.path))
        self._end = place.offset + place.length
        self.seek(place.offset)

    def fileno(self) -> int:
        """Return the descriptor, standing at the first byte."""
        return self._file.fileno()

    def seek(self, offset: int) -> None:
        """Stand at a byte of the file; where sendfile fails, the server goes on from there."""
        self._file.seek(offset)
        self._left = self._end - offset

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of the run."""
        wanted = self._left if size < 0 else min(size, self._left)
        chunk = self._file.read(wanted) or b""
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _open(place: FilePart) -> _Slice:
    try:
        return _Slice(place)
    except FileNotFoundError:
        raise Missing("The stored file is missing.") from None


def _blocks(body: _Slice, size: int) -> Iterator[bytes]:
    try:
        while block := body.read(size):
            yield block
    finally:
        body.close()


@lru_cache(maxsize=MOST_TRUSTED)
def _study(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Missing("There is no such study.") from None


def _address(path: str) -> tuple[UUID, int, int]:
    try:
        _, _, study, instance, frame = path.split("/")
        return _study(study), int(instance), int(frame)
    except ValueError:
        raise Missing("There is no such frame.") from None


def _renew_connection() -> None:
    if not connection.in_atomic_block:  # outside Django's cycle nobody else renews it
        close_old_connections()


@lru_cache(maxsize=REMEMBERED)
def _source(instance_pk: int) -> FrameSource:
    _renew_connection()
    source = frame_source(instance_pk)
    if source is None:
        raise Missing("There is no such frame.")
    return source


def _problem(start_response: StartResponse, error: LimnError) -> Iterable[bytes]:
    body = json.dumps(
        {"type": "about:blank", "status": error.status, "code": error.code, "detail": error.detail}
    ).encode()
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    start_response(f"{error.status} {error.code}", headers)
    return [body]
