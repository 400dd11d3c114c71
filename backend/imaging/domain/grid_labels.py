"""What sets frames at one place apart, and how people call it: ``b=1000``, ``echo 2``, ``t=3``.

Labels come from `frame_geometry`, one dictionary a frame. Those known here have an order (the most
telling first) and words; an enhanced object may bring others, named by its own dimensions
(PS3.3 C.7.6.17), which come last.
"""

from collections.abc import Hashable, Sequence
from typing import Any

Labels = dict[str, Any]

# label -> its words; the order is that of trust.
WORDS = {
    "time": "t={}",
    "b": "b={}",
    "gradient": "gradient {}",
    "inversion": "TI {} ms",
    "echo": "echo {}",
    "te": "TE {} ms",
    "flip": "flip {}°",
    "phase": "phase {} %",
    "trigger": "trigger {} ms",
    "breath": "breath {} %",
    "component": "{}",
    "window": "energy window {}",
    "detector": "detector {}",
    "gate": "gate {}",
    "slot": "t={}",
    "after": "{} ms",
    "energy": "{} kV",
    "kernel": "kernel {}",
    "stack": "stack {}",
    "type": "{}",
    "acquisition": "acquisition {}",
    "acquired": "acquired at {}",
    "content": "made at {}",
}
# Values that say nothing to people: they are counted instead.
COUNTED = frozenset({"gradient"})
# Labels that are only understood together with another.
COMPANIONS = {"gradient": "b"}
# Labels that tell when and how frames were made; no name for a part of several that share them.
CIRCUMSTANCES = frozenset({"type", "acquisition", "acquired", "content"})
# How the n-th of several is called where nothing but its turn tells it apart.
TURNS = {"time": "t={}", "trigger": "phase {}", "phase": "phase {}", "acquired": "t={}",
         "content": "t={}", "after": "t={}", "echo": "echo {}", "te": "echo {}"}  # fmt: skip
_LAST = (2, 0.0, "")


def comparable(value: object) -> tuple[int, float, str]:
    """Return what a label's value is sorted by: numbers, then words, then nothing."""
    if isinstance(value, int | float):
        return (0, float(value), "")
    return _LAST if value is None else (1, 0.0, str(value))


def names_of(frames: Sequence[Labels]) -> list[str]:
    """Return the labels that these frames have, most telling first."""
    found = {name for labels in frames for name in labels}
    known = [name for name in WORDS if name in found]
    return known + sorted(found - WORDS.keys())


def varying(frames: Sequence[Labels]) -> list[str]:
    """Return the labels in which these frames differ, most telling first."""
    return [name for name in names_of(frames) if len({values(f, (name,)) for f in frames}) > 1]


def values(labels: Labels, names: Sequence[str]) -> Hashable:
    """Return what a frame says under these names, for grouping and sorting."""
    return tuple(comparable(labels.get(name)) for name in names)


def order_of(labels: Labels, names: Sequence[str]) -> tuple[Any, ...]:
    """Return what frames at one place are sorted by."""
    return tuple(comparable(labels.get(name)) for name in names)


def with_companions(names: Sequence[str]) -> list[str]:
    """Return the labels, each after the one that it needs to be understood."""
    found: dict[str, None] = {}
    for name in names:
        if name in COMPANIONS:
            found[COMPANIONS[name]] = None
        found[name] = None
    return list(found)


def words_for(groups: Sequence[Labels], names: Sequence[str]) -> list[str]:
    """Return words for each group, by its values under these names."""
    said = [[_words(name, labels.get(name), groups) for name in names] for labels in groups]
    return [", ".join(filter(None, words)) for words in said]


def words_by_turn(count: int, name: str | None) -> list[str]:
    """Return words for groups that only their turn tells apart; `name` is what they differ in."""
    pattern = TURNS.get(name or "")
    if pattern is not None:
        return [pattern.format(turn) for turn in range(1, count + 1)]
    return [f"part {turn} of {count}" for turn in range(1, count + 1)]


def _words(name: str, value: object, groups: Sequence[Labels]) -> str:
    if value is None:
        return "" if name in COMPANIONS else "others"
    if name in COUNTED:
        known = sorted({comparable(each.get(name)) for each in groups if each.get(name)})
        value = known.index(comparable(value)) + 1
    shown = f"{value:g}" if isinstance(value, int | float) else str(value)
    return WORDS.get(name, f"{name} {{}}").format(shown)
