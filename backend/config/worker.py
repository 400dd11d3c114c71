"""The web worker: a thread stays with its connection for a moment after an answer.

A viewer asks for frame after frame over a few connections. By gunicorn's own way each of these
requests goes from the poller to a thread and back to the poller, which costs as much as the answer.
Here the thread looks whether the next request is there already, and only then goes back. No
other connection waits for it: a thread stays only while there are more threads than busy connections.
"""

import select

from gunicorn.workers.gthread import (  # type: ignore[import-untyped]
    TConn,
    ThreadWorker,
)

# Long enough for a client on the same network to ask again, short enough to hold nobody up.
STAYS_MS = 5


class StayingWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, whose threads stay a moment."""

    def handle(self, conn: TConn) -> object:
        """Answer the requests that come one upon another; return whether the connection is kept."""
        kept = super().handle(conn)
        while kept is True and self._may_stay() and _has_more(conn):
            kept = super().handle(conn)
        return kept

    def _may_stay(self) -> bool:
        busy = self.nr_conns - len(self.keepalived_conns)
        return bool(self.alive and busy < self.cfg.threads)


def _has_more(conn: TConn) -> bool:
    """Wait a moment for the next request; one that was read along is left to the worker."""
    if conn.parser.unreader.buf.getvalue():
        return False
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(STAYS_MS))
