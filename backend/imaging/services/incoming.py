"""A file on its way in, one of many."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from backend.core.drafts import Draft
from backend.imaging.domain.parse import parse_file, parse_open
from backend.imaging.domain.parsed import Parsed
from backend.imaging.domain.rejections import Rejected


@dataclass(frozen=True)
class Incoming:
    """A file to take in. `refusal` says why it is not even looked into.

    `draft` is set where the bytes lie in the store's own file already, `reading` where somebody is
    reading its header already.
    """

    name: str
    path: Path
    draft: Draft | None = None
    refusal: Rejected | None = None
    reading: Future[Parsed] | None = None

    @classmethod
    def drafted(
        cls, name: str, draft: Draft, *, reads: bool = False, parsed: Parsed | None = None
    ) -> Self:
        """Return a file that was written as a draft; with `reads` its header is read from now on.

        `parsed` is given by who has read it already.
        """
        reading: Future[Parsed] | None = None
        if parsed is not None:
            reading = Future()
            reading.set_result(parsed)
        elif reads:
            reading = _readers().submit(parse_open, draft.file, draft.path)
        return cls(name, draft.path, draft, reading=reading)

    def parsed(self) -> Parsed:
        """Return what the file says; raises Rejected."""
        if self.refusal is not None:
            raise self.refusal
        if self.reading is not None:
            return self.reading.result()
        if self.draft is not None:
            return parse_open(self.draft.file, self.path)
        return parse_file(self.path)

    def discard(self) -> None:
        """Remove what was written only for us."""
        if self.reading is not None and not self.reading.cancel():
            self.reading.exception()  # the file is in use until then
        if self.draft is not None:
            with suppress(OSError):
                self.draft.discard()


@lru_cache(maxsize=1)
def _readers() -> ThreadPoolExecutor:
    """Return the thread that reads headers; made at first use, because threads do not survive a fork."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="headers")
