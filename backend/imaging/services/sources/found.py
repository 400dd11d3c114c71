"""What every kind of source gives: files with a mark that tells each from the others."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings

from backend.core.blobs import blob_store
from backend.core.drafts import Draft
from backend.imaging.domain.messages_sources import SourceTestOut
from backend.imaging.domain.rejections import Rejected
from backend.imaging.services.incoming import Incoming

Tell = Callable[[float, str], None]
Open = Callable[[], Iterator[Incoming]]


def mark_of(*parts: str | int) -> bytes:
    """Return the mark of a file: a hash, for its name may be a patient's."""
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "replace")).digest()


def always() -> bool:
    """Say yes: most files do not change while they are read."""
    return True


def nothing() -> None:
    """Do nothing after a file was taken."""


@dataclass(frozen=True)
class Found:
    """A file of a source that was not taken yet; an archive is one with many members.

    `is_same` tells, once it was read, whether it is what was found; `after` is called once it is
    safe and will not be taken again.
    """

    mark: bytes
    open: Open
    is_same: Callable[[], bool] = always
    after: Callable[[], None] = nothing


@dataclass
class Look:
    """One look at a source: what is known of it, and what is counted.

    `unseen` returns the marks that were not taken yet, and how many others earlier looks took.
    `missed` are files that the other side did not send, `sent` those that it sent another way.
    """

    unseen: Callable[[list[bytes]], tuple[set[bytes], int]]
    tell: Tell
    in_memory: bool = False
    skipped: int = 0
    growing: int = 0
    missed: int = 0
    why: str = ""
    sent: int = 0

    def new_of(self, marks: list[bytes]) -> set[bytes]:
        """Return those not taken yet, and count the others."""
        wanted, earlier = self.unseen(marks)
        self.skipped += earlier
        return wanted

    def miss(self, number: int, why: str) -> None:
        """Count images that the other side did not send, and remember what it said."""
        self.missed, self.why = self.missed + number, why

    @property
    def problem(self) -> str:
        """What to tell of images that were not sent; they are asked for again."""
        if not self.missed:
            return ""
        images = counted(self.missed, "image", "images")
        return f"{images} could not be fetched ({self.why}); the next look asks again."

    def draft(self) -> Draft:
        """Begin a file that is fetched: in memory alone where the policy asks for that."""
        store = blob_store()
        return store.passing(off_disk=True) if self.in_memory else store.draft()


class Fetcher(Protocol):
    """A kind of source that Limn goes to."""

    def test(self) -> SourceTestOut:
        """Ask whether it answers; never raises for what a person can mend."""

    def files(self, look: Look) -> Iterator[Found]:
        """Yield what was not taken yet; raises Unavailable where it does not answer."""


class BoundedBody:
    """Writes to a draft until the file is larger than this installation takes."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._left = settings.LIMN_UPLOAD_MAX_BYTES

    def write(self, data: bytes | memoryview) -> object:
        """Take some bytes; what is too much is dropped, and the file refused."""
        self._left -= len(data)
        return self._draft.write(data) if self._left >= 0 else 0

    @property
    def refusal(self) -> Rejected | None:
        """Why the file is not even looked into."""
        if self._left >= 0:
            return None
        gib = settings.LIMN_UPLOAD_MAX_BYTES / 1024**3
        return Rejected("imaging.too_large", why=f"more than {gib:.0f} GiB")


def fetched(name: str, draft: Draft, refusal: Rejected | None = None) -> Iterator[Incoming]:
    """Yield the one file that was fetched into a draft."""
    yield Incoming(name, draft.path, draft, refusal)


def good(sentence: str) -> SourceTestOut:
    """Say that a source answers."""
    return SourceTestOut(is_good=True, sentence=sentence)


def bad(sentence: str) -> SourceTestOut:
    """Say what is wrong with a source, and what to do."""
    return SourceTestOut(is_good=False, sentence=sentence)


def counted(number: int, one: str, many: str) -> str:
    """Return "1 file" or "3 files"."""
    return f"{number} {one if number == 1 else many}"
