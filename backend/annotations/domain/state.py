"""A document's state, and the deltas between states.

A delta says only what changed: ``{"masks": {"<layer>:<frame key>": sha256 | null}, "objects":
{id: object | null}, "answers": {question: value | null}}``. Applying the deltas of revisions 1
to n, in order, gives the state at n.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

# One change set, as stored in Revision.delta; its values are JSON.
Delta = dict[str, dict[str, Any]]
PARTS = ("masks", "objects", "answers")


def mask_key(layer: int, frame: str) -> str:
    """Return how a mask frame is named in a delta."""
    return f"{layer}:{frame}"


@dataclass
class Manifest:
    """A whole state: which mask lies on which frame, which objects and answers there are.

    ``masks[layer][frame key]`` is the SHA-256 of a mask frame; frames without labels are absent.
    """

    masks: dict[int, dict[str, str]] = field(default_factory=dict)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=lambda: {"segments": {}})

    @classmethod
    def of_flat(cls, flat: Mapping[str, Mapping[str, Any]], provenance: dict[str, Any]) -> Self:
        """Return the manifest of a flat state (the shape of a snapshot)."""
        masks: dict[int, dict[str, str]] = {}
        for name, sha256 in flat.get("masks", {}).items():
            layer, _, frame = name.partition(":")
            masks.setdefault(int(layer), {})[frame] = sha256
        return cls(masks, dict(flat.get("objects", {})), dict(flat.get("answers", {})), provenance)

    def flat(self) -> Delta:
        """Return the state in the shape of a delta: what a snapshot stores."""
        masks = {
            mask_key(layer, frame): sha256
            for layer, frames in self.masks.items()
            for frame, sha256 in frames.items()
        }
        return {"masks": masks, "objects": dict(self.objects), "answers": dict(self.answers)}

    def hashes(self) -> set[str]:
        """Return the names of all mask frames in it."""
        return {sha256 for frames in self.masks.values() for sha256 in frames.values()}


def apply_delta(flat: Delta, delta: Mapping[str, Mapping[str, Any]]) -> None:
    """Change `flat` in place as `delta` says; null takes away."""
    for part in PARTS:
        target = flat.setdefault(part, {})
        for name, value in delta.get(part, {}).items():
            if value is None:
                target.pop(name, None)
            else:
                target[name] = value


def delta_between(before: Delta, after: Delta) -> Delta:
    """Return the smallest delta that leads from one flat state to another."""
    delta: Delta = {}
    for part in PARTS:
        old, new = before.get(part, {}), after.get(part, {})
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        changed.update(dict.fromkeys(old.keys() - new.keys()))
        delta[part] = changed
    return delta


def is_empty(delta: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether nothing changes."""
    return not any(delta.get(part) for part in PARTS)
