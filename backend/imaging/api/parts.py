"""Answers of several parts, sent while they are read."""

import secrets
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from django.http import StreamingHttpResponse

from backend.core.errors import NotFound
from backend.imaging.domain.multipart import closing, part_head

CHUNK_BYTES = 1 << 20
Body = bytes | BinaryIO
# What a part is, what is in it, and where it is found by itself (or nothing).
Part = tuple[str, Body, str]


def multipart(kind: str, parts: Iterable[Part]) -> StreamingHttpResponse:
    """Return parts as multipart/related; what is refused is refused before the answer begins."""
    boundary = secrets.token_hex(16)
    waiting = iter(parts)
    first = next(waiting, None)
    if first is None:
        raise NotFound("There is nothing of that kind here.")

    def body() -> Iterator[bytes]:
        lead = True
        for content_type, content, location in chain([first], waiting):
            yield part_head(boundary, content_type, first=lead, location=location)
            yield from chunks(content)
            lead = False
        yield closing(boundary)

    header = f'multipart/related; type="{kind}"; boundary={boundary}'
    return StreamingHttpResponse(body(), content_type=header)


def single(content_type: str, body: BinaryIO, size: int | None = None) -> StreamingHttpResponse:
    """Return one body, sent while it is read."""
    response = StreamingHttpResponse(chunks(body), content_type=content_type)
    if size is not None:
        response["Content-Length"] = str(size)
    return response


def chunks(content: Body) -> Iterator[bytes]:
    """Yield a body in pieces, and close it."""
    if isinstance(content, bytes):
        yield content
        return
    with content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
