"""Reads for DICOMweb: searches at three levels, and the instances of an address."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.qido import Search
from backend.imaging.models import Instance, Series, Study
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.qido_conditions import (
    INSTANCE_FIELDS,
    SERIES_FIELDS,
    STUDY_FIELDS,
    conditions,
    having_series,
)

# So many matches are counted; beyond, it is only told that there are more.
MOST_COUNTED = 10_000
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some of what was found; `total` is None where there are more than are counted."""

    rows: list[Row]
    total: int | None
    is_last: bool


def studies_found(*, actor: Actor, search: Search) -> Page[Study]:
    """Return studies newest first."""
    studies = studies_visible_to(actor=actor).select_related("patient")
    wanted = conditions(search, (STUDY_FIELDS, "")) & having_series(search)
    return _page(studies.filter(wanted).order_by("-created_at", "id"), search)


def series_found(*, actor: Actor, search: Search, study_uid: str = "") -> Page[Series]:
    """Return series of the studies one may see."""
    series = Series.objects.select_related("study__patient")
    if study_uid:
        series = series.filter(study=_study(actor, study_uid))
    elif not actor.is_admin:
        series = series.filter(study__in=studies_visible_to(actor=actor))
    wanted = conditions(search, (STUDY_FIELDS, "study__"), (SERIES_FIELDS, ""))
    return _page(series.filter(wanted).order_by("study_id", "number", "uid"), search)


def instances_found(
    *, actor: Actor, search: Search, study_uid: str = "", series_uid: str = ""
) -> Page[Instance]:
    """Return instances of the studies one may see, without what of them may be large."""
    instances = instances_of(actor=actor, study_uid=study_uid, series_uid=series_uid)
    wanted = conditions(
        search,
        (STUDY_FIELDS, "series__study__"),
        (SERIES_FIELDS, "series__"),
        (INSTANCE_FIELDS, ""),
    )
    light = instances.filter(wanted).defer("frame_index", "frame_geometry", "header")
    return _page(light, search)


def instances_of(
    *, actor: Actor, study_uid: str = "", series_uid: str = "", sop_uid: str = ""
) -> QuerySet[Instance]:
    """Return the instances of a study, series or one of them; NotFound if that is not seen."""
    instances = Instance.objects.select_related("series__study__patient").order_by(
        "series_id", "number", "pk"
    )
    if not study_uid:
        if actor.is_admin:
            return instances
        return instances.filter(series__study__in=studies_visible_to(actor=actor))
    study = _study(actor, study_uid)
    if not series_uid and not sop_uid:
        return instances.filter(series__study=study)
    if "\0" in series_uid + sop_uid:
        raise NotFound("There is no such series or instance.")
    series = Series.objects.filter(study=study)
    if series_uid:
        found = list(series.filter(uid=series_uid).values_list("pk", flat=True))
        instances = instances.filter(series_id__in=found)
    else:
        instances = instances.filter(series__in=series)
    if sop_uid:
        instances = instances.filter(sop_uid=sop_uid)
    if not instances.exists():
        raise NotFound("There is no such series or instance.")
    return instances


def _study(actor: Actor, uid: str) -> Study:
    found = [] if "\0" in uid else studies_visible_to(actor=actor).filter(uid=uid)[:1]
    study = next(iter(found), None)
    if study is None:
        raise NotFound("There is no such study.")
    return study


def _page(rows: QuerySet[Row], search: Search) -> Page[Row]:
    found = list(rows[search.offset : search.offset + search.limit + 1])
    more = len(found) > search.limit
    if not more and (found or not search.offset):
        return Page(found, search.offset + len(found), is_last=True)
    counted = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    total = counted if counted <= MOST_COUNTED else None
    return Page(found[: search.limit], total, is_last=not more)
