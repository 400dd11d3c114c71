"""A watched folder: files whose size stood still, each taken once, never changed.

Only folders below LIMN_WATCH_ROOTS may be watched. Links are not followed, and names that copying
programs give to unfinished files are left alone.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.conf import settings

from backend.core.errors import Invalid, Unavailable
from backend.imaging.domain.messages_sources import FolderSettings, SourceTestOut
from backend.imaging.domain.rejections import Rejected
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.sources.found import Found, Look, bad, counted, good, mark_of
from backend.imaging.services.unpacking import incoming_from

DONE = "done"
UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")
LOOKED_UP_AT_ONCE = 500
LISTED_IN_A_TEST = 1000


class FolderRefused(Invalid):
    """The folder may not be watched."""

    code = "source.folder_refused"


@dataclass(frozen=True)
class _Entry:
    """A file as it was seen: where, how large, and when it was changed last."""

    path: Path
    name: str
    size: int
    changed_ns: int

    @property
    def mark(self) -> bytes:
        return mark_of(self.name, self.size, self.changed_ns)

    def is_same(self) -> bool:
        """Tell whether the file still is what it was."""
        try:
            now = self.path.lstat()
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == (self.size, self.changed_ns)


class FolderFetcher:
    """Goes to a folder of this machine."""

    def __init__(self, chosen: FolderSettings) -> None:
        self._chosen = chosen

    def test(self) -> SourceTestOut:
        """List the folder."""
        try:
            folder = folder_allowed(self._chosen.path)
            files = len(list(islice(_entries(folder), LISTED_IN_A_TEST)))
        except Invalid as refusal:
            return bad(refusal.detail)
        except OSError:
            return bad("The folder is there, but Limn may not read it. Give its user the right to.")
        if self._chosen.moves_done and not os.access(folder, os.W_OK):
            return bad(
                "Limn may read this folder but not write in it, so it cannot move what it took."
            )
        more = " or more" if files == LISTED_IN_A_TEST else ""
        return good(f"The folder can be read: {counted(files, 'file', 'files')}{more} in it.")

    def files(self, look: Look) -> Iterator[Found]:
        """Yield the files that did not change for `settle_seconds`."""
        try:
            folder = folder_allowed(self._chosen.path)
        except Invalid as refusal:
            raise Unavailable(refusal.detail) from None
        new = list(self._new_ones(folder, look))
        if new:
            _wait(self._chosen.settle_seconds, look)
        for number, entry in enumerate(new):
            look.tell(number / len(new), f"File {number + 1} of {len(new)}")
            if entry.is_same():
                yield self._found(folder, entry, off_disk=look.in_memory)
            else:
                look.growing += 1

    def _new_ones(self, folder: Path, look: Look) -> Iterator[_Entry]:
        entries_here = _entries(folder)
        while entries := list(islice(entries_here, LOOKED_UP_AT_ONCE)):
            look.tell(0.0, "Looking through the folder")
            marks = [entry.mark for entry in entries]
            wanted = look.new_of(marks)
            for entry, mark in zip(entries, marks, strict=True):
                if mark in wanted:
                    yield entry
                elif self._chosen.moves_done:
                    _move_away(folder, entry)

    def _found(self, folder: Path, entry: _Entry, *, off_disk: bool) -> Found:
        def after() -> None:
            if self._chosen.moves_done:
                _move_away(folder, entry)

        return Found(entry.mark, lambda: _opened(entry, off_disk=off_disk), entry.is_same, after)


def folder_allowed(path: str) -> Path:
    """Return the folder itself; raises FolderRefused where it may not be watched."""
    roots = [Path(root).resolve() for root in settings.LIMN_WATCH_ROOTS]
    if not roots:
        raise FolderRefused(
            "No folder may be watched on this machine: set LIMN_WATCH_ROOTS and start Limn again."
        )
    folder = Path(path).resolve()
    if not any(folder.is_relative_to(root) for root in roots):
        named = ", ".join(str(root) for root in roots)
        raise FolderRefused(f"Only folders below {named} may be watched (LIMN_WATCH_ROOTS).")
    if folder.is_relative_to(settings.LIMN_DATA):
        raise FolderRefused("Limn's own data cannot be watched.")
    if not folder.is_dir():
        raise FolderRefused("There is no such folder on the machine that Limn runs on.")
    return folder


def _entries(folder: Path) -> Iterator[_Entry]:
    """Yield what is in a folder, sorted; its `done` folder and unfinished files are left out."""
    for root, folders, files in os.walk(folder, followlinks=False):
        here = Path(root)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and here / name != folder / DONE
        )
        for file in sorted(files):
            if file.startswith(".") or file.lower().endswith(UNFINISHED):
                continue
            path = here / file
            try:
                seen = path.lstat()
            except OSError:
                continue
            yield _Entry(path, str(path.relative_to(folder)), seen.st_size, seen.st_mtime_ns)


def _opened(entry: _Entry, *, off_disk: bool) -> Iterator[Incoming]:
    if entry.path.is_symlink():
        yield Incoming(entry.name, entry.path, refusal=Rejected("imaging.not_a_file"))
    else:
        yield from incoming_from(entry.path, entry.name, off_disk=off_disk)


def _wait(seconds: float, look: Look) -> None:
    """Let the files stand still for a while; a person may stop it meanwhile."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        look.tell(0.0, "Waiting whether the files stand still")
        time.sleep(min(left, 0.25))


def _move_away(folder: Path, entry: _Entry) -> None:
    """Move a file that was taken to the `done` folder; one that is in the way is never replaced."""
    target = folder / DONE / entry.name
    number = 1
    while target.exists():
        target = target.with_name(f"{Path(entry.name).stem}-{number}{Path(entry.name).suffix}")
        number += 1
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        entry.path.rename(target)
    except OSError:
        return  # it stays where it is, and is known: the next look tries again
