"""Keep the last few loaded networks, so that a click does not wait for a file."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Network = TypeVar("Network")


class NetworkCache(Generic[Network]):
    """The least recently used network goes first; loading happens outside the cache."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: OrderedDict[str, Network] = OrderedDict()

    def get(self, name: str, load: Callable[[], Network]) -> Network:
        """Return the network called ``name``, loading it if it is not kept."""
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        network = load()
        self._kept[name] = network
        while len(self._kept) > self.limit:
            self._kept.popitem(last=False)
        return network

    def clear(self) -> None:
        """Let go of all networks."""
        self._kept.clear()
