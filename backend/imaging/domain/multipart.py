"""Bodies of several parts (RFC 2046): written without copying, read in constant memory."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from backend.core.errors import LimnError

CHUNK_BYTES = 1 << 20
LONGEST_HEAD = 1 << 14
LONGEST_BOUNDARY = 200
MULTIPART = "multipart/related"
_PARAMETER = re.compile(r';\s*([A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)')


class BadBody(LimnError):
    """The body is not what its content type says."""

    status = 400
    code = "dicomweb.bad_body"


class Body(Protocol):
    """Where the body of a part goes."""

    def write(self, data: memoryview, /) -> object:
        """Take some bytes, now: what they lie in is used again."""


@dataclass(frozen=True)
class Part:
    """A part that was read: its head; the body went where it was sent."""

    head: bytes


def boundary_of(content_type: str) -> str:
    """Return the boundary of a multipart content type."""
    found = _parameter(content_type, "boundary")
    if media_of(content_type) != MULTIPART or not 0 < len(found) <= LONGEST_BOUNDARY:
        raise BadBody("The body must be multipart/related with a boundary.")
    return found


def related_type(content_type: str) -> str:
    """Return what kind of parts a multipart/related body says it has."""
    return _parameter(content_type, "type").lower()


def media_of(content_type: str) -> str:
    """Return a content type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def _parameter(content_type: str, name: str) -> str:
    for key, value in _PARAMETER.findall(content_type):
        if key.lower() == name:
            whole = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
            return str(whole).strip()
    return ""


class MultipartReader:
    """Splits a stream into parts; each body is copied into a file that the caller opens.

    `read_into` fills a piece of memory as far as it can and returns how far; 0 is the end. What was
    read and not yet handed on lies between `_start` and `_end` of one buffer.
    """

    def __init__(self, read_into: Callable[[memoryview], int], boundary: str) -> None:
        self._read_into = read_into
        self._mark = b"\r\n--" + boundary.encode("ascii", "replace")
        self._buffer = bytearray(CHUNK_BYTES + LONGEST_HEAD)
        self._view = memoryview(self._buffer)
        self._buffer[:2] = b"\r\n"
        self._start, self._end = 0, 2
        self._ended = False

    def parts(self, open_body: Callable[[], Body]) -> Iterator[Part]:
        """Yield parts in turn; the body of each was written to what `open_body()` returned."""
        self._skip_to_mark()
        while not self._is_last():
            head = self._take_head()
            self._copy_body(open_body())
            yield Part(head)

    def _fill(self) -> bool:
        """Read on; what is still to be looked at goes to the front first, if the end is near."""
        if self._end > CHUNK_BYTES // 2:
            left = self._end - self._start
            self._buffer[:left] = self._buffer[self._start : self._end]
            self._start, self._end = 0, left
        count = 0 if self._ended else self._read_into(self._view[self._end :])
        self._ended = count == 0
        self._end += count
        return count > 0

    def _find(self, mark: bytes) -> int:
        return self._buffer.find(mark, self._start, self._end)

    def _skip_to_mark(self) -> None:
        while (place := self._find(self._mark)) < 0:
            self._start = max(self._end - len(self._mark), self._start)
            if not self._fill():
                raise BadBody("The body has no part; is the boundary right?")
        self._start = place + len(self._mark)

    def _is_last(self) -> bool:
        while self._end - self._start < 2 and self._fill():
            pass
        return self._buffer[self._start : self._start + 2] == b"--" or self._start == self._end

    def _take_head(self) -> bytes:
        while (place := self._find(b"\r\n\r\n")) < 0:
            if self._end - self._start > LONGEST_HEAD or not self._fill():
                raise BadBody("A part of the body does not begin as it must.")
        head = bytes(self._buffer[self._start : place])
        self._start = place + 4
        return head

    def _copy_body(self, body: Body) -> None:
        while (place := self._find(self._mark)) < 0:
            safe = self._end - len(self._mark)
            if safe > self._start:
                self._write(body, safe)
            if not self._fill():
                raise BadBody("The body ends in the middle of a part.")
        self._write(body, place)
        self._start += len(self._mark)

    def _write(self, body: Body, until: int) -> None:
        """Hand the bytes until there to the body without copying them."""
        with self._view[self._start : until] as part:
            body.write(part)
        self._start = until


def reading_into(read: Callable[[int], bytes]) -> Callable[[memoryview], int]:
    """Return a reader into memory for a stream that only gives bytes, be it more than asked for."""
    spare = b""

    def read_into(view: memoryview) -> int:
        nonlocal spare
        data = spare or read(min(len(view), CHUNK_BYTES))
        count = min(len(data), len(view))
        view[:count], spare = data[:count], data[count:]
        return count

    return read_into


def part_head(boundary: str, content_type: str, *, first: bool, location: str = "") -> bytes:
    """Return what stands before a part's body."""
    lead = "" if first else "\r\n"
    place = f"Content-Location: {location}\r\n" if location else ""
    return f"{lead}--{boundary}\r\nContent-Type: {content_type}\r\n{place}\r\n".encode("ascii")


def closing(boundary: str) -> bytes:
    """Return what stands after the last part."""
    return f"\r\n--{boundary}--\r\n".encode("ascii")
