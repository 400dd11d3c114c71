"""Bodies of requests read straight from the socket, where the server lets us.

A body of many images passes through four copies in the server's own reader, which costs as much as
hashing it.
"""

import socket
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from backend.imaging.domain.multipart import reading_into


def body_reader(request: HttpRequest) -> Callable[[memoryview], int]:
    """Return what reads the body of a request into memory; it returns 0 at the end."""
    environ: dict[str, Any] = getattr(request, "environ", {})
    stream: Any = environ.get("wsgi.input")
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return reading_into(stream.read)  # Django reads as far as a length says, and there is none
    connection = environ.get("gunicorn.socket")
    reader: Any = getattr(stream, "reader", None)
    known = type(reader).__name__ == "LengthReader" and hasattr(reader.unreader, "take_buffered")
    if type(connection) is not socket.socket or not known or stream.buf.tell():
        return reading_into(request.read)
    return _straight(connection, reader)


def _straight(connection: socket.socket, reader: Any) -> Callable[[memoryview], int]:  # noqa: ANN401
    """Read past the server's reader, which is told how much of the body is left."""

    def read_into(view: memoryview) -> int:
        waiting = reader.unreader.take_buffered()
        if waiting:
            count = min(len(waiting), len(view), reader.length)
            view[:count] = waiting[:count]
            reader.unreader.unread(waiting[count:])
        else:
            with view[: reader.length] as room:
                count = connection.recv_into(room, 0, socket.MSG_WAITALL) if room else 0
        reader.length -= count
        return int(count)

    return read_into
