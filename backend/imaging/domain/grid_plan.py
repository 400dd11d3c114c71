"""Which frames of a series belong together, in which order, under which name. No frame is lost.

Frames are split by what cannot lie in one volume (frame of reference, colour, size, orientation,
pixel spacing), then by repetition: where one place is covered several times (time points,
b-values, echoes), each repetition becomes a grid of its own, named by what sets it apart. A stack
that is uneven as a whole is split too where its own labels part it into even ones.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.imaging.domain import grid_labels
from ml_worker.geometry.frames import (
    NO_GEOMETRY,
    SAME_PLACE_MM,
    FrameGeometry,
    FrameGrid,
    alike_frames,
    grid_from_frames,
    slice_normal,
)
from ml_worker.geometry.voxel_grid import VoxelGrid

NO_POSITION = "The frames carry no position, so they form no volume."
TILES = "The frames are tiles of a slide, side by side; they form no volume."
FILM = "The frames lie at one place, one after the other; they form no volume."
DOUBLED = "doubled"
WHY_DOUBLED = "{count} lie{s} at places that other frames of the series cover already."
# More labels than this are never needed to tell repetitions apart.
MOST_LABELS = 3
MOST_VARYING = 8
# Two slices are always evenly spaced; that proves nothing.
FEWEST_EVEN = 3


@dataclass(frozen=True)
class PlacedFrame:
    """A frame of an instance with what its header says of its place (see `frame_geometry`)."""

    instance_pk: int
    number: int
    instance_number: int | None
    rows: int
    columns: int
    is_colour: bool
    entry: dict[str, Any]

    @property
    def geometry(self) -> FrameGeometry:
        """The place as the geometry module takes it."""
        return FrameGeometry(
            rows=self.rows,
            columns=self.columns,
            position_mm_lps=_tuple(self.entry["p"]),
            orientation=_tuple(self.entry["o"]),
            pixel_spacing_mm=_tuple(self.entry["s"]),
        )

    @property
    def is_placed(self) -> bool:
        """Tell whether position, orientation and spacing are all there."""
        return all(self.entry[key] is not None for key in ("p", "o", "s"))

    @property
    def labels(self) -> dict[str, Any]:
        """What may set it apart from others at its place."""
        found: dict[str, Any] = self.entry["l"]
        return found


@dataclass(frozen=True)
class GridPlan:
    """One grid to be: frames in grid order and the geometry they share."""

    frames: tuple[PlacedFrame, ...]
    grid: VoxelGrid | None
    is_regular: bool
    reason: str
    name: str = ""
    siblings: Hashable = None

    @property
    def first(self) -> PlacedFrame:
        """The first frame, which speaks for all in what they share."""
        return self.frames[0]


@dataclass(frozen=True)
class _Part:
    """Frames that cover each place once, and the words that set them apart from the others."""

    frames: list[PlacedFrame]
    words: str
    reason: str = ""


def plan_grids(frames: Sequence[PlacedFrame]) -> list[GridPlan]:
    """Return the grids of a series, largest groups of like frames together, each frame in one."""
    plans: list[GridPlan] = []
    for kind, members in _grouped(sorted(frames, key=_arrival), _kind).items():
        for alike in alike_frames([frame.geometry for frame in members]):
            plans.extend(_plans_of([members[index] for index in alike], kind))
    return _named(plans)


def _tuple(values: Sequence[float] | None) -> Any:  # noqa: ANN401  as long as the header says
    return None if values is None else tuple(values)


def _arrival(frame: PlacedFrame) -> tuple[Any, ...]:
    return (grid_labels.comparable(frame.instance_number), frame.instance_pk, frame.number)


def _kind(frame: PlacedFrame) -> Hashable:
    return (frame.is_placed, frame.entry["f"] if frame.is_placed else "", frame.is_colour)


def _grouped(
    frames: Sequence[PlacedFrame], key: Callable[[PlacedFrame], Hashable]
) -> dict[Hashable, list[PlacedFrame]]:
    groups: dict[Hashable, list[PlacedFrame]] = {}
    for frame in frames:
        groups.setdefault(key(frame), []).append(frame)
    return groups


def _plans_of(stack: list[PlacedFrame], kind: Hashable) -> list[GridPlan]:
    """Turn frames of one kind into plans, splitting places that are covered several times."""
    first = stack[0]
    look = (first.rows, first.columns, _rounded(first.entry["o"]), _rounded(first.entry["s"]))
    siblings = (kind, look)
    if not first.is_placed:
        return _unplaced(stack, siblings)
    whole = grid_from_frames([frame.geometry for frame in stack])
    places = _places(stack) if whole.offsets_mm else np.zeros(1, dtype=np.int64)
    if len(stack) > 1 and whole.offsets_mm and places.max() == 0:
        return [_film(stack, siblings)]
    if whole.is_regular or (whole.reason and not whole.offsets_mm):
        return [_plan(stack, whole, siblings)]
    parts = _repetitions(stack, places) if _has_repeats(places) else _even_parts(stack)
    if not parts:
        return [_plan(stack, whole, siblings)]
    return [
        _plan(
            part.frames,
            grid_from_frames([frame.geometry for frame in part.frames]),
            siblings,
            part.words,
            part.reason,
        )
        for part in parts
    ]


def _film(stack: list[PlacedFrame], siblings: Hashable) -> GridPlan:
    """Return frames that all lie at one place in the order of what sets them apart."""
    varying = grid_labels.varying([frame.labels for frame in stack])
    ordered = sorted(
        stack, key=lambda frame: (grid_labels.order_of(frame.labels, varying), _arrival(frame))
    )
    return GridPlan(tuple(ordered), None, is_regular=False, reason=FILM, siblings=siblings)


def _unplaced(stack: list[PlacedFrame], siblings: Hashable) -> list[GridPlan]:
    """Return frames without a place as they came; parted where each brings a word for it."""
    found = grid_from_frames([frame.geometry for frame in stack])
    reason = NO_POSITION if found.reason in {None, NO_GEOMETRY} else found.reason or NO_POSITION
    if all(frame.labels.get("tile") for frame in stack):
        reason = TILES
    names = [name for name in ("window", "detector", "gate", "slot") if _varies(stack, name)]
    groups = _grouped(stack, partial(_values_of, names=names)) if names else {None: stack}
    words = grid_labels.words_for([group[0].labels for group in groups.values()], names)
    return [
        GridPlan(tuple(group), None, is_regular=False, reason=reason, name=word, siblings=siblings)
        for group, word in zip(groups.values(), words, strict=True)
    ]


def _varies(frames: Sequence[PlacedFrame], name: str) -> bool:
    return len({_values_of(frame, (name,)) for frame in frames}) > 1


def _plan(
    stack: Sequence[PlacedFrame],
    found: FrameGrid,
    siblings: Hashable,
    words: str = "",
    reason: str = "",
) -> GridPlan:
    return GridPlan(
        tuple(stack[index] for index in found.order),
        found.grid,
        is_regular=found.is_regular and not reason,
        reason=reason or found.reason or "",
        name=words,
        siblings=siblings,
    )


def _rounded(values: Sequence[float] | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(round(value, 2) for value in values)


def _places(frames: Sequence[PlacedFrame]) -> NDArray[np.int64]:
    """Return the number of the place along the normal that each frame lies at."""
    normal = slice_normal(frames[0].entry["o"])
    offsets = np.asarray([frame.entry["p"] for frame in frames], dtype=np.float64) @ normal
    order = np.argsort(offsets, kind="stable")
    places = np.empty(len(frames), dtype=np.int64)
    places[order] = np.cumsum(np.diff(offsets[order], prepend=offsets[order[0]]) > SAME_PLACE_MM)
    return places


def _has_repeats(places: NDArray[np.int64]) -> bool:
    return len(np.unique(places)) < len(places)


def _values_of(frame: PlacedFrame, names: Sequence[str]) -> Hashable:
    return grid_labels.values(frame.labels, names)


def _splits(frames: list[PlacedFrame]) -> Iterator[tuple[Sequence[str], NDArray[np.int64]]]:
    """Yield the ways to part frames by their labels: names, and the number of each frame's part."""
    varying = grid_labels.varying([frame.labels for frame in frames])[:MOST_VARYING]
    codes = {
        name: _codes([grid_labels.comparable(f.labels.get(name)) for f in frames])
        for name in varying
    }
    for size in range(1, MOST_LABELS + 1):
        for names in combinations(varying, size):
            parts = np.zeros(len(frames), dtype=np.int64)
            for name in names:
                parts = parts * len(frames) + codes[name]
                parts = np.unique(parts, return_inverse=True)[1]
            yield names, parts


def _codes(values: list[Any]) -> NDArray[np.int64]:
    """Return the rank of each value among all."""
    ranks = {value: rank for rank, value in enumerate(sorted(set(values)))}
    return np.array([ranks[value] for value in values], dtype=np.int64)


def _repetitions(frames: list[PlacedFrame], places: NDArray[np.int64]) -> list[_Part]:
    """Part frames so that none covers a place twice: by labels, else by turn at each place.

    The best labels make as many parts as a place is covered; labels that differ from slice to
    slice of one stack make many more, and are not believed.
    """
    covered = int(np.bincount(places).max())
    best: tuple[int, Sequence[str], NDArray[np.int64]] | None = None
    for names, parts in _splits(frames):
        if _has_repeats(parts * len(frames) + places):
            continue
        surplus = int(parts.max()) + 1 - covered
        if best is None or surplus < best[0]:
            best = (surplus, names, parts)
        if surplus == 0:
            break
    if best is None or best[0] > covered:
        return _by_turn(frames, places)
    return _labelled(frames, best[1], best[2])


def _labelled(
    frames: list[PlacedFrame], names: Sequence[str], parts: NDArray[np.int64]
) -> list[_Part]:
    members = [
        [frames[i] for i in np.flatnonzero(parts == part)] for part in range(parts.max() + 1)
    ]
    told = grid_labels.with_companions(names)
    members.sort(key=lambda group: grid_labels.order_of(group[0].labels, told))
    words = grid_labels.words_for([group[0].labels for group in members], told)
    return [_Part(group, word) for group, word in zip(members, words, strict=True)]


def _by_turn(frames: list[PlacedFrame], places: NDArray[np.int64]) -> list[_Part]:
    """Put the n-th frame of every place, in the order of its labels, into the n-th part."""
    varying = grid_labels.varying([frame.labels for frame in frames])
    order = sorted(
        range(len(frames)),
        key=lambda index: (
            places[index],
            grid_labels.order_of(frames[index].labels, varying),
            _arrival(frames[index]),
        ),
    )
    parts: list[list[PlacedFrame]] = []
    turn, last = 0, -1
    for index in order:
        turn = turn + 1 if places[index] == last else 0
        last = int(places[index])
        if turn == len(parts):
            parts.append([])
        parts[turn].append(frames[index])
    doubled = [frame for part in parts[1:] for frame in part]
    if 2 * len(doubled) < len(parts[0]):
        return [_Part(parts[0], ""), *_doubled(parts[1:], len(doubled))]
    return [
        _Part(part, word) for part, word in zip(parts, _words_of_turns(parts, varying), strict=True)
    ]


def _words_of_turns(parts: list[list[PlacedFrame]], varying: Sequence[str]) -> list[str]:
    """Return words for parts made by turn: what each of them agrees in, else the turn itself."""
    agreed = [
        name
        for name in varying
        if name not in grid_labels.CIRCUMSTANCES and not any(_varies(part, name) for part in parts)
    ]
    if not agreed:
        return grid_labels.words_by_turn(len(parts), next(iter(varying), None))
    told = grid_labels.with_companions(agreed[:MOST_LABELS])
    return grid_labels.words_for([part[0].labels for part in parts], told)


def _doubled(parts: list[list[PlacedFrame]], count: int) -> list[_Part]:
    frames = "One frame" if count == 1 else f"{count} frames"
    reason = WHY_DOUBLED.format(count=frames, s="s" if count == 1 else "")
    return [_Part(part, DOUBLED, reason) for part in parts]


def _even_parts(frames: list[PlacedFrame]) -> list[_Part]:
    """Part an uneven stack by one label, where every part is a regular stack then."""
    for names, parts in _splits(frames):
        if len(names) > 1:
            break
        if np.bincount(parts).min() < FEWEST_EVEN:
            continue
        found = _labelled(frames, names, parts)
        if all(grid_from_frames([f.geometry for f in part.frames]).is_regular for part in found):
            return found
    return []


def _named(plans: list[GridPlan]) -> list[GridPlan]:
    """Name the grids of a series where there are several."""
    if len(plans) < 2:
        return [replace(plan, name="") for plan in plans]
    looks = {plan.siblings for plan in plans}
    named = [
        replace(plan, name=" · ".join(filter(None, (_look(plan), plan.name))))
        if len(looks) > 1
        else plan
        for plan in plans
    ]
    return _told_apart(named)


def _look(plan: GridPlan) -> str:
    """Return the plane and the size of a grid, for where a series mixes several."""
    size = f"{plan.first.columns} x {plan.first.rows}"
    if not plan.first.is_placed:
        return size
    normal = np.abs(np.cross(plan.first.entry["o"][:3], plan.first.entry["o"][3:]))
    if not normal.any():
        return size
    return f"{('sagittal', 'coronal', 'axial')[int(normal.argmax())]}, {size}"


def _told_apart(plans: list[GridPlan]) -> list[GridPlan]:
    """Make equal names differ by a number."""
    names = [plan.name for plan in plans]
    told: list[GridPlan] = []
    for place, plan in enumerate(plans):
        if names.count(plan.name) == 1:
            told.append(plan)
        else:
            turn = names[: place + 1].count(plan.name)
            told.append(replace(plan, name=f"{plan.name} ({turn})".strip()))
    return told
