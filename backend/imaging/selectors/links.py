"""How the series of a study belong together: what speaks about which images."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from backend.core.actor import Actor
from backend.imaging.domain.messages import LinkOut
from backend.imaging.domain.place_fit import distance_to
from backend.imaging.models import Grid, Instance, ObjectReference, Series
from backend.imaging.selectors.access import studies_visible_to

How = Literal["identifier", "place", "not_here"]
# A study may hold thousands of objects; the first of each series speak for all.
MOST_REFERENCES = 2000
NOT_HERE = "{kind} of images that are not here"
BY_PLACE = "{kind} of {series}, found by its frame of reference and position"
BY_UID = "{kind} of {series}"
ABOUT_THIS = "{kind} of this: {series}"


@dataclass
class Links:
    """What a series speaks about, and what speaks about it."""

    references: list[LinkOut] = field(default_factory=list)
    referenced_by: list[LinkOut] = field(default_factory=list)


@dataclass(frozen=True)
class _Link:
    source: Series
    kind: str
    how: How
    target: Series | None


def links_of(*, actor: Actor, series: list[Series]) -> dict[UUID, Links]:
    """Return the links of these series, both ways; only to series that one may see."""
    found = {each.pk: Links() for each in series}
    own = set(found)
    for link in dict.fromkeys(_resolved(actor, series)):
        if link.source.pk in own:
            found[link.source.pk].references.append(_out(link))
        if link.target is not None and link.target.pk in own:
            found[link.target.pk].referenced_by.append(_out(link, backwards=True))
    return found


def target_of(*, actor: Actor, reference: ObjectReference) -> tuple[Series | None, How]:
    """Return the series that an object speaks about, by identifier or else by place."""
    return _Resolver(actor, [reference]).target(reference)


def _resolved(actor: Actor, series: list[Series]) -> Iterable[_Link]:
    rows = ObjectReference.objects.select_related("instance__series__study").order_by("pk")
    seen = studies_visible_to(actor=actor)
    ours = list(rows.filter(instance__series__in=series)[:MOST_REFERENCES])
    theirs = rows.filter(
        series_uid__in=[each.uid for each in series], instance__series__study__in=seen
    ).exclude(instance__series__in=series)
    resolver = _Resolver(actor, ours)
    for reference in ours:
        target, how = resolver.target(reference)
        if target is None and not reference.series_uid and not reference.sop_uids:
            continue  # it names nothing, and lies on nothing that is here
        yield _Link(reference.instance.series, reference.kind, how, target)
    by_uid = {each.uid: each for each in series}
    for reference in theirs[:MOST_REFERENCES]:
        source, target = reference.instance.series, by_uid[reference.series_uid]
        yield _Link(source, reference.kind, "identifier", target)


class _Resolver:
    """Finds the series that references mean, asking the tables once for all of them."""

    def __init__(self, actor: Actor, references: list[ObjectReference]) -> None:
        self._seen = studies_visible_to(actor=actor)
        uids = {reference.series_uid for reference in references if reference.series_uid}
        known = Series.objects.select_related("study").filter(uid__in=uids, study__in=self._seen)
        self._by_uid = {each.uid: each for each in known}
        sops = {sop for each in references for sop in each.sop_uids}
        rows = Instance.objects.filter(sop_uid__in=sops, series__study__in=self._seen)
        self._by_sop = {
            row.sop_uid: row.series
            for row in rows.select_related("series__study").only("sop_uid", "series")
        }
        self._grids: dict[str, list[Grid]] = {}

    def target(self, reference: ObjectReference) -> tuple[Series | None, How]:
        """Return the series meant, and how it was found."""
        named = self._by_uid.get(reference.series_uid)
        if named is None:
            named = next(
                (self._by_sop[uid] for uid in reference.sop_uids if uid in self._by_sop), None
            )
        if named is not None:
            return named, "identifier"
        placed = self._placed(reference)
        return (placed, "place") if placed is not None else (None, "not_here")

    def _placed(self, reference: ObjectReference) -> Series | None:
        """Return the series whose slices the object's planes lie on, in its frame of reference."""
        if not reference.frame_of_reference_uid or not reference.points_mm_lps:
            return None
        best: tuple[float, Series] | None = None
        for grid in self._grids_in(reference.frame_of_reference_uid):
            if grid.series_id == reference.instance.series_id:
                continue
            off = _distance(grid, reference)
            if off is not None and (best is None or off < best[0]):
                best = (off, grid.series)
        return best[1] if best else None

    def _grids_in(self, frame_of_reference_uid: str) -> list[Grid]:
        if frame_of_reference_uid not in self._grids:
            grids = Grid.objects.select_related("series__study").filter(
                frame_of_reference_uid=frame_of_reference_uid,
                superseded_at=None,
                series__study__in=self._seen,
            )
            self._grids[frame_of_reference_uid] = list(grids.order_by("series__number", "number"))
        return self._grids[frame_of_reference_uid]


def _distance(grid: Grid, reference: ObjectReference) -> float | None:
    positions = [position for _, _, position in grid.frames if position is not None]
    if not positions or grid.orientation is None or grid.pixel_spacing_mm is None:
        return None
    between_rows, between_columns = grid.pixel_spacing_mm
    size = ((grid.columns - 1) * between_columns, (grid.rows - 1) * between_rows)
    return distance_to(reference.points_mm_lps, positions, grid.orientation, size)


def _out(link: _Link, *, backwards: bool = False) -> LinkOut:
    kind = f"{link.kind[0].upper()}{link.kind[1:]}"
    if backwards:
        sentence = ABOUT_THIS.format(kind=kind, series=_called(link.source))
        other: UUID | None = link.source.pk
    else:
        pattern = {"identifier": BY_UID, "place": BY_PLACE, "not_here": NOT_HERE}[link.how]
        sentence = pattern.format(kind=kind, series=_called(link.target))
        other = link.target.pk if link.target else None
    return LinkOut(kind=link.kind, how=link.how, series_id=other, sentence=f"{sentence}.")


def _called(series: Series | None) -> str:
    """Return what a series is called: its number, and its description where it has one."""
    if series is None:
        return ""
    number = f"series {series.number}" if series.number is not None else "a series"
    return f"{number} ({series.description})" if series.description else number
