"""Tags and cohorts as somebody sees them."""

from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.messages_studies import (
    CohortListOut,
    CohortOut,
    StudyFilter,
    TagListOut,
    TagOut,
)
from backend.imaging.models import Cohort, CohortStudy, StudyTag, Tag
from backend.imaging.policies import may_change
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.study_filter import cohorts_visible_to


def tags_visible_to(*, actor: Actor) -> QuerySet[Tag]:
    """Return the tags one made and those on studies one sees: a word may tell of a patient."""
    if actor.is_admin:
        return Tag.objects.all()
    seen = StudyTag.objects.filter(tag_id=OuterRef("pk"), study__in=studies_visible_to(actor=actor))
    return Tag.objects.filter(Q(created_by_id=actor.user_id) | Exists(seen))


def tag_get(*, actor: Actor, tag_id: UUID) -> Tag:
    """Return one tag."""
    tag = tags_visible_to(actor=actor).filter(pk=tag_id).first()
    if tag is None:
        raise NotFound("There is no such tag.")
    return tag


def tags_list(*, actor: Actor) -> TagListOut:
    """Return the tags by name, each with the number of studies one sees that carry it."""
    tags = list(tags_visible_to(actor=actor).order_by(Lower("name")))
    carried = StudyTag.objects.filter(tag__in=tags)
    if not actor.is_admin:
        carried = carried.filter(study__in=studies_visible_to(actor=actor))
    counts = dict(carried.values_list("tag_id").annotate(studies=Count("pk")))
    return TagListOut(results=[tag_out(actor, tag, counts.get(tag.pk, 0)) for tag in tags])


def tag_out(actor: Actor, tag: Tag, study_count: int) -> TagOut:
    """Return a tag as the interface speaks of it."""
    return TagOut(
        id=tag.pk,
        name=tag.name,
        color=tag.color,
        study_count=study_count,
        may_change=may_change(actor, tag.created_by_id),
    )


def cohort_get(*, actor: Actor, cohort_id: UUID) -> Cohort:
    """Return one cohort."""
    cohort = cohorts_visible_to(actor=actor).filter(pk=cohort_id).first()
    if cohort is None:
        raise NotFound("There is no such cohort.")
    return cohort


def cohorts_list(*, actor: Actor) -> CohortListOut:
    """Return one's own cohorts and those others share, by name."""
    cohorts = list(cohorts_visible_to(actor=actor).order_by(Lower("name"), "pk"))
    return CohortListOut(results=_cohorts_out(actor, cohorts))


def cohort_described(*, actor: Actor, cohort: Cohort) -> CohortOut:
    """Return one cohort as the interface speaks of it."""
    (described,) = _cohorts_out(actor, [cohort])
    return described


def _cohorts_out(actor: Actor, cohorts: list[Cohort]) -> list[CohortOut]:
    listed = CohortStudy.objects.filter(cohort__in=cohorts)
    if not actor.is_admin:
        listed = listed.filter(study__in=studies_visible_to(actor=actor))
    counts = dict(listed.values_list("cohort_id").annotate(studies=Count("pk")))
    return [_cohort_out(actor, cohort, counts.get(cohort.pk, 0)) for cohort in cohorts]


def _cohort_out(actor: Actor, cohort: Cohort, study_count: int) -> CohortOut:
    is_list = cohort.filter is None
    return CohortOut(
        id=cohort.pk,
        name=cohort.name,
        kind="list" if is_list else "filter",
        filter=None if is_list else StudyFilter.model_validate(cohort.filter),
        is_shared=cohort.is_shared,
        study_count=study_count if is_list else None,
        may_change=may_change(actor, cohort.created_by_id),
        created_at=cohort.created_at,
    )
