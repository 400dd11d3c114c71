"""What was taken from a source already, and what becomes of each file of a look."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from backend.imaging.models import IngestItem, SeenFile, SourceRun
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.sources.found import Found

# Files that ended so are not the sender's fault: they are fetched again at the next look.
TRY_AGAIN = frozenset({"imaging.storage_full", "imaging.vanished", "imaging.internal"})
REMEMBERED_AT_ONCE = 50


def unseen(run: SourceRun, marks: list[bytes]) -> tuple[set[bytes], int]:
    """Return the marks that were not taken yet, and how many others earlier looks have taken."""
    rows = SeenFile.objects.filter(source=run.source, mark__in=marks).values_list("mark", "run_id")
    known = {bytes(mark): run_id for mark, run_id in rows}
    earlier = sum(1 for run_id in known.values() if run_id != run.pk)
    return set(marks) - set(known), earlier


@dataclass
class _Open:
    """A file on its way in: how many of its members have no fate yet."""

    found: Found
    left: int = 0
    is_read: bool = False
    is_safe: bool = True


class Tally:
    """Follows files through a delivery, and remembers those that are safe."""

    def __init__(self, run: SourceRun) -> None:
        self._run = run
        self._order: deque[_Open] = deque()
        self._ended: list[_Open] = []
        self.unsafe = 0

    def opened(self, found: Iterator[Found]) -> Iterator[Incoming]:
        """Yield what is to be taken in."""
        for each in found:
            entry = _Open(each)
            for incoming in each.open():
                entry.left += 1
                self._order.append(entry)
                yield incoming
            entry.is_read = True
            self._end(entry)

    def settle(self, item: IngestItem) -> None:
        """Note the fate of the next file, in the order in which they went in."""
        entry = self._order.popleft()
        entry.left -= 1
        entry.is_safe = entry.is_safe and item.code not in TRY_AGAIN
        self._end(entry)
        if len(self._ended) >= REMEMBERED_AT_ONCE:
            self.remember()

    def _end(self, entry: _Open) -> None:
        if entry.is_read and entry.left == 0:
            self._ended.append(entry)

    def remember(self) -> None:
        """Write down which files need not be taken again."""
        ended, self._ended = self._ended, []
        safe = [entry.found for entry in ended if entry.is_safe and entry.found.is_same()]
        self.unsafe += len(ended) - len(safe)
        SeenFile.objects.bulk_create(
            [SeenFile(source=self._run.source, mark=each.mark, run=self._run) for each in safe],
            ignore_conflicts=True,
        )
        for each in safe:
            each.after()
