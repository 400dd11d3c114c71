"""Whether a new version may take over: not worse on patients it has not learned from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Less than what a figure of two decimals shows is no difference.
ROUNDING = 0.005


@dataclass(frozen=True)
class Verdict:
    """Whether the new version may propose by itself, and the sentence for people."""

    is_not_worse: bool
    sentence: str


def compared(new: Mapping[str, Any], active: Mapping[str, Any]) -> Verdict:
    """Compare two versions' metrics by the mean Dice of the segments both were measured on."""
    ours, theirs = _dice(new), _dice(active)
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        return Verdict(
            is_not_worse=False,
            sentence="Waits for a person: there are no held-out patients to compare it on.",
        )
    mean = sum(ours[name] for name in shared) / len(shared)
    before = sum(theirs[name] for name in shared) / len(shared)
    figures = f"Dice {mean:.2f} on held-out patients, the version before it {before:.2f}"
    if mean >= before - ROUNDING:
        return Verdict(is_not_worse=True, sentence=f"Activated by itself: {figures}.")
    return Verdict(is_not_worse=False, sentence=f"Waits for a person: {figures}.")


def _dice(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the Dice of every segment that some held-out patient has."""
    measured = metrics.get("per_segment", {}).items()
    return {str(name): float(part["dice_mean"]) for name, part in measured if part["n"] > 0}
