"""Processes that die, find no room or lose their database at a named step of an ingest.

Nothing of this is in the product. One process loads Django once; for each case it forks a child
that patches a function of the product or of the system, and then does what a person would do.
"""

import itertools
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import django
from django.core.management import call_command
from django.db import connections

if __name__ == "__main__":
    django.setup()

from backend.core import blobs, drafts
from backend.core.actor import Actor
from backend.imaging.services import grids, ingest, rows, store, uploads


def _at_call(owner: Any, name: str, number: int, then: Callable[[], None], *, after: bool) -> None:
    """Do `then` before, or after, the n-th call of a function."""
    real, calls = getattr(owner, name), itertools.count(1)  # several threads write

    def called(*args: Any, **words: Any) -> Any:
        is_it = next(calls) == number
        if is_it and not after:
            then()
        answer = real(*args, **words)
        if is_it and after:
            then()
        return answer

    setattr(owner, name, called)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _steps() -> dict[str, tuple[Any, str, int, bool]]:
    """Return where to strike: owner, function, which call, and whether after it."""
    file_store = blobs.FileBlobStore
    return {
        "a file half written": (drafts.Draft, "write", 7, True),
        "before the bytes are durable": (blobs.os, "fsync", 4, False),
        "before an object has its name": (blobs.Path, "replace", 5, False),
        "after an object has its name": (blobs.Path, "replace", 5, True),
        "before the folder is durable": (blobs, "_sync_folder", 9, False),
        "all bytes there, no row": (store, "_write", 1, False),
        "patients and studies written": (rows, "_studies", 1, True),
        "series written": (rows, "_series", 1, True),
        "instances written": (rows, "_instances", 1, True),
        "counters raised": (rows, "_count", 1, True),
        "fates written, not committed": (store, "_record", 1, True),
        "a batch committed": (store, "_write", 1, True),
        "an object put again": (file_store, "_is_renewed", 3, True),
        "before grids are formed": (grids, "plan_grids", 1, False),
        "grids formed, not committed": (grids, "_warnings", 1, True),
        "before the delivery is closed": (ingest, "run_counts", 1, False),
        "an upload taken in, not told": (uploads, "grids_later", 1, False),
    }


def _child(order: dict[str, Any]) -> None:
    connections.close_all()
    step = order.get("step")
    if step:
        owner, name, number, after = _steps()[step]
        _at_call(owner, name, number, _die, after=after)
    _DEEDS[order["deed"]](order)


def _ingest(order: dict[str, Any]) -> None:
    call_command("ingest", order["folder"], stdout=sys.stderr)


def _upload(order: dict[str, Any]) -> None:
    """Send the last piece of an upload, as the web process does."""
    content = Path(order["file"]).read_bytes()
    pieces = [content]
    uploads.upload_append(
        actor=Actor(user_id=UUID(order["user"])),
        upload_id=UUID(order["upload"]),
        offset=0,
        read=lambda _size: pieces.pop() if pieces else b"",
    )


_DEEDS: dict[str, Callable[[dict[str, Any]], None]] = {"ingest": _ingest, "upload": _upload}


def main() -> None:
    """Read one order a line, answer each with the child's exit status; run by the tests."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                _child(json.loads(line))
            except BaseException:  # noqa: BLE001  told by the exit status
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    main()
