"""Which studies a filter finds, in which order, and how many; all in the database."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Left

from backend.core.actor import Actor
from backend.core.errors import Invalid, NotFound
from backend.core.http import cursor_decode, cursor_encode
from backend.imaging.domain.messages_studies import (
    MOST_CHOSEN,
    Order,
    StudyChoice,
    StudyFilter,
    StudySearchIn,
)
from backend.imaging.models import Cohort, CohortStudy, Series, Study, StudyTag
from backend.imaging.models.dicom import SORTED_LETTERS
from backend.imaging.selectors.access import studies_visible_to

COUNTED = 250_000
_NOT_OURS = "The page marker is not one of Limn's; start from the first page."


class Ordering(NamedTuple):
    """What studies are sorted by; an index holds it, so that any page is as quick as the first."""

    key: Combinable
    said: Callable[[Study], str]
    read: Callable[[str], Any] = str


_ORDERS: dict[Order, Ordering] = {
    "arrived": Ordering(
        F("created_at"), lambda study: study.created_at.isoformat(), datetime.fromisoformat
    ),
    "date": Ordering(F("date"), lambda study: study.date),
    "patient": Ordering(
        Left("search_text", SORTED_LETTERS), lambda study: study.search_text[:SORTED_LETTERS]
    ),
    "description": Ordering(F("description"), lambda study: study.description),
}


def studies_matching(*, actor: Actor, asked: StudyFilter) -> QuerySet[Study]:
    """Return the studies that this actor may see and that the filter finds."""
    studies = _by_columns(studies_visible_to(actor=actor), asked)
    studies = _by_series(studies, asked)
    if asked.project_id is not None:
        studies = studies.filter(audiences__audience_id=asked.project_id)
    for tag_id in asked.tag_ids:
        tagged = StudyTag.objects.filter(study_id=OuterRef("pk"), tag_id=tag_id)
        studies = studies.filter(Exists(tagged))
    if asked.cohort_id is not None:
        studies = _of_cohort(actor, studies, asked.cohort_id)
    return studies


def _by_columns(studies: QuerySet[Study], asked: StudyFilter) -> QuerySet[Study]:
    for word in asked.search.replace("\0", " ").casefold().split():
        studies = studies.filter(Q(search_text__contains=word) | Q(uid=word))
    if asked.modalities:
        studies = studies.filter(modalities__overlap=asked.modalities)
    if asked.sources:
        studies = studies.filter(sources__overlap=asked.sources)
    if asked.date_from:
        studies = studies.filter(date__gte=asked.date_from.replace("-", ""))
    if asked.date_to:
        studies = studies.filter(date__lte=asked.date_to.replace("-", "")).exclude(date="")
    return studies


def studies_chosen(*, actor: Actor, choice: StudyChoice) -> QuerySet[Study]:
    """Return the studies of a choice; refuses more than can be handled at once."""
    if choice.study_ids is not None:
        return studies_visible_to(actor=actor).filter(pk__in=choice.study_ids)
    studies = studies_matching(actor=actor, asked=choice.filter or StudyFilter())
    if studies.values("pk")[: MOST_CHOSEN + 1].count() > MOST_CHOSEN:
        raise Invalid(
            f"More than {MOST_CHOSEN:,} studies fit; narrow the filter and take them in parts.",
            limit=MOST_CHOSEN,
        )
    return studies


def study_ids_chosen(*, actor: Actor, choice: StudyChoice) -> list[UUID]:
    """Return the identifiers of a choice, newest first."""
    studies = studies_chosen(actor=actor, choice=choice)
    return list(studies.order_by("-created_at", "id").values_list("pk", flat=True))


def counted(studies: QuerySet[Study]) -> tuple[int, bool]:
    """Return how many these are, and whether there are more than are counted."""
    found = studies.values("pk")[: COUNTED + 1].count()
    return min(found, COUNTED), found > COUNTED


def page_of(
    studies: QuerySet[Study], search: StudySearchIn, size: int
) -> tuple[list[Study], str | None]:
    """Return a page in the order asked for, and the marker of the next."""
    ordering = _ORDERS[search.order]
    sorted_studies = studies.alias(sort_key=ordering.key)
    if search.cursor:
        sorted_studies = sorted_studies.filter(_after(search, ordering))
    first, second = ("-sort_key", "pk") if search.is_descending else ("sort_key", "-pk")
    rows: list[Study] = list(sorted_studies.order_by(first, second)[: size + 1])
    if len(rows) <= size:
        return rows, None
    last = rows[size - 1]
    return rows[:size], cursor_encode(ordering.said(last), str(last.pk))


def _after(search: StudySearchIn, ordering: Ordering) -> Q:
    key, pk = _place(cursor_decode(search.cursor), ordering)
    if search.is_descending:
        return Q(sort_key__lte=key) & (Q(sort_key__lt=key) | Q(pk__gt=pk))
    return Q(sort_key__gte=key) & (Q(sort_key__gt=key) | Q(pk__lt=pk))


def _place(parts: Sequence[Any], ordering: Ordering) -> tuple[Any, UUID]:
    try:
        key, pk = parts
        return ordering.read(key), UUID(pk)
    except (ValueError, TypeError, AttributeError):
        raise Invalid(_NOT_OURS) from None


def _by_series(studies: QuerySet[Study], asked: StudyFilter) -> QuerySet[Study]:
    series = Series.objects.filter(study_id=OuterRef("pk"))
    if asked.body_parts:
        studies = studies.filter(Exists(series.filter(body_part__in=asked.body_parts)))
    if asked.has_warnings is not None:
        warned = Exists(series.exclude(warnings=[]))
        studies = studies.filter(warned if asked.has_warnings else ~warned)
    return studies


def _of_cohort(actor: Actor, studies: QuerySet[Study], cohort_id: UUID) -> QuerySet[Study]:
    cohort = cohorts_visible_to(actor=actor).filter(pk=cohort_id).first()
    if cohort is None:
        raise NotFound("There is no such cohort.")
    if cohort.filter is not None:
        within = StudyFilter.model_validate({**cohort.filter, "cohort_id": None})
        return studies.filter(pk__in=studies_matching(actor=actor, asked=within).values("pk"))
    listed = CohortStudy.objects.filter(study_id=OuterRef("pk"), cohort_id=cohort_id)
    return studies.filter(Exists(listed))


def cohorts_visible_to(*, actor: Actor) -> QuerySet[Cohort]:
    """Return one's own cohorts and those that others share."""
    return Cohort.objects.filter(Q(created_by_id=actor.user_id) | Q(is_shared=True))
