"""The hash chain, pure: what is hashed and how one seal follows another."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

GENESIS = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One event as it goes into the chain."""

    id: int
    at: datetime
    actor_id: UUID | None
    verb: str
    target_id: str
    project_id: UUID | None
    details: dict[str, Any]

    def canonical(self) -> bytes:
        """Return the one spelling of this event."""
        parts = [
            self.id,
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            str(self.actor_id) if self.actor_id else None,
            self.verb,
            self.target_id,
            str(self.project_id) if self.project_id else None,
            self.details,
        ]
        return json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()


def chain_sha256(previous_sha256: str, entries: Iterable[Entry]) -> str:
    """Return the hash of these events, in order, on top of the seal before."""
    digest = hashlib.sha256(previous_sha256.encode())
    for entry in entries:
        digest.update(b"\n")
        digest.update(entry.canonical())
    return digest.hexdigest()


@dataclass(frozen=True)
class Verdict:
    """What came of checking the whole chain."""

    seals: int
    sealed_events: int
    unsealed_events: int
    faults: tuple[str, ...]

    @property
    def is_intact(self) -> bool:
        """Say whether nothing was changed, taken out or slipped in."""
        return not self.faults
