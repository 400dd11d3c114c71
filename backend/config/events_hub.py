"""The one listener of the events process, and who it passes news on to.

One PostgreSQL connection listens; each open browser has a bounded mailbox. News that may have
been missed (the database was away, a mailbox ran over) becomes one `resync`: the browser asks
again for what it shows. So nothing here needs to be kept.
"""

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import Iterable

import psycopg

from backend.core.events import CHANNEL

log = logging.getLogger(__name__)
MAILBOX = 256
LONGEST_WAIT_SECONDS = 10.0


class Mailbox:
    """News for one browser, in order; one that runs over holds nothing but "ask again"."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self._news: asyncio.Queue[str | None] = asyncio.Queue(maxsize=MAILBOX)

    def put(self, payload: str) -> None:
        """Add one piece of news."""
        try:
            self._news.put_nowait(payload)
        except asyncio.QueueFull:
            self.put_resync()

    def put_resync(self) -> None:
        """Replace whatever waits by "ask again"."""
        while not self._news.empty():
            self._news.get_nowait()
        self._news.put_nowait(None)

    async def get(self, *, timeout_s: float) -> str | None:
        """Return the next payload, or None for "ask again"; TimeoutError when all is quiet."""
        async with asyncio.timeout(timeout_s):
            return await self._news.get()


class Hub:
    """Listens, and fans out by topic."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._watchers: dict[str, set[Mailbox]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self.is_listening = False

    def start(self) -> None:
        """Begin to listen, if that has not happened."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen_for_ever())

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def open(self, topics: Iterable[str]) -> Mailbox:
        """Return a mailbox that gets the news of these topics from now on."""
        mailbox = Mailbox(frozenset(topics))
        for topic in mailbox.topics:
            self._watchers[topic].add(mailbox)
        return mailbox

    def close(self, mailbox: Mailbox) -> None:
        """Forget a mailbox."""
        for topic in mailbox.topics:
            self._watchers[topic].discard(mailbox)
            if not self._watchers[topic]:
                del self._watchers[topic]

    async def _listen_for_ever(self) -> None:
        wait = 0.5
        while True:
            try:
                await self._listen()
                wait = 0.5
            except (psycopg.Error, OSError) as error:
                log.warning("Not listening for news: %s", type(error).__name__)
            finally:
                was_listening, self.is_listening = self.is_listening, False
            wait = 0.5 if was_listening else min(wait * 2, LONGEST_WAIT_SECONDS)
            await asyncio.sleep(wait)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, keepalives_idle=15, connect_timeout=5
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.is_listening = True
            self._resync_all()
            async for notification in connection.notifies():
                self._deliver(notification.payload)

    def _deliver(self, payload: str) -> None:
        try:
            topic = json.loads(payload)["topic"]
        except (ValueError, KeyError, TypeError):
            log.warning("A piece of news was no JSON object with a topic.")
            return
        for mailbox in self._watchers.get(topic, ()):
            mailbox.put(payload)

    def _resync_all(self) -> None:
        for mailbox in {box for boxes in self._watchers.values() for box in boxes}:
            mailbox.put_resync()
