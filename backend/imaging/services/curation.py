"""Tags and cohorts made, changed, given to studies and taken from them; each on record."""

from uuid import UUID

from django.db import IntegrityError, transaction

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.errors import Conflict, Forbidden, Invalid
from backend.imaging.domain.messages_studies import (
    CohortIn,
    CohortPatchIn,
    StudyChoice,
    StudyFilter,
    TagIn,
)
from backend.imaging.models import Cohort, CohortStudy, StudyTag, Tag
from backend.imaging.policies import may_change
from backend.imaging.selectors.study_filter import studies_chosen
from backend.imaging.selectors.tags import cohort_get, tag_get

_TAKEN = "There is a tag of this name already."


@transaction.atomic
def tag_create(*, actor: Actor, body: TagIn) -> Tag:
    """Make a tag."""
    try:
        with transaction.atomic():
            tag = Tag.objects.create(
                name=_name(body.name), color=body.color, created_by_id=actor.user_id
            )
    except IntegrityError:
        raise Conflict(_TAKEN) from None
    audit_record(actor=actor, verb="tag.created", target_id=tag.pk)
    return tag


@transaction.atomic
def tag_update(*, actor: Actor, tag_id: UUID, body: TagIn) -> Tag:
    """Give a tag another name or colour."""
    tag = tag_get(actor=actor, tag_id=tag_id)
    _refuse_unless_own(actor, tag.created_by_id)
    tag.name, tag.color = _name(body.name), body.color
    try:
        with transaction.atomic():
            tag.save(update_fields=["name", "color"])
    except IntegrityError:
        raise Conflict(_TAKEN) from None
    audit_record(actor=actor, verb="tag.changed", target_id=tag.pk)
    return tag


@transaction.atomic
def tag_delete(*, actor: Actor, tag_id: UUID) -> None:
    """Remove a tag from all studies and altogether."""
    tag = tag_get(actor=actor, tag_id=tag_id)
    _refuse_unless_own(actor, tag.created_by_id)
    studies = StudyTag.objects.filter(tag=tag).count()
    tag.delete()
    audit_record(actor=actor, verb="tag.deleted", target_id=tag_id, studies=studies)


@transaction.atomic
def tag_give(*, actor: Actor, tag_id: UUID, choice: StudyChoice) -> int:
    """Let the chosen studies carry a tag; return how many did not before."""
    tag = tag_get(actor=actor, tag_id=tag_id)
    chosen = studies_chosen(actor=actor, choice=choice)
    new = chosen.exclude(study_tags__tag=tag).values_list("pk", flat=True)
    rows = [StudyTag(tag=tag, study_id=pk, created_by_id=actor.user_id) for pk in new]
    StudyTag.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2_000)
    if rows:
        audit_record(actor=actor, verb="tag.given", target_id=tag.pk, studies=len(rows))
    return len(rows)


@transaction.atomic
def tag_take(*, actor: Actor, tag_id: UUID, choice: StudyChoice) -> int:
    """Take a tag from the chosen studies; return how many carried it."""
    tag = tag_get(actor=actor, tag_id=tag_id)
    chosen = studies_chosen(actor=actor, choice=choice).values("pk")
    taken, _ = StudyTag.objects.filter(tag=tag, study__in=chosen).delete()
    if taken:
        audit_record(actor=actor, verb="tag.taken", target_id=tag.pk, studies=taken)
    return taken


@transaction.atomic
def cohort_create(*, actor: Actor, body: CohortIn) -> Cohort:
    """Save a filter, or the list of what was chosen as it is now."""
    asked = body.studies.filter
    if body.is_shared and body.kind == "filter" and asked:
        _refuse_words(asked.search)
    cohort = Cohort.objects.create(
        name=_name(body.name),
        filter=_saved(asked) if body.kind == "filter" and asked else None,
        is_shared=body.is_shared,
        created_by_id=actor.user_id,
    )
    if body.kind == "list":
        chosen = studies_chosen(actor=actor, choice=body.studies).values_list("pk", flat=True)
        CohortStudy.objects.bulk_create(
            [CohortStudy(cohort=cohort, study_id=pk) for pk in chosen], batch_size=2_000
        )
    audit_record(actor=actor, verb="cohort.created", target_id=cohort.pk, kind=body.kind)
    return cohort


@transaction.atomic
def cohort_update(*, actor: Actor, cohort_id: UUID, body: CohortPatchIn) -> Cohort:
    """Give a cohort another name, or share it with everybody, or no longer."""
    cohort = cohort_get(actor=actor, cohort_id=cohort_id)
    _refuse_unless_own(actor, cohort.created_by_id)
    cohort.name = cohort.name if body.name is None else _name(body.name)
    cohort.is_shared = cohort.is_shared if body.is_shared is None else body.is_shared
    if cohort.is_shared and cohort.filter is not None:
        _refuse_words(cohort.filter["search"])
    cohort.save(update_fields=["name", "is_shared"])
    audit_record(actor=actor, verb="cohort.changed", target_id=cohort.pk)
    return cohort


@transaction.atomic
def cohort_delete(*, actor: Actor, cohort_id: UUID) -> None:
    """Remove a cohort; its studies stay."""
    cohort = cohort_get(actor=actor, cohort_id=cohort_id)
    _refuse_unless_own(actor, cohort.created_by_id)
    cohort.delete()
    audit_record(actor=actor, verb="cohort.deleted", target_id=cohort_id)


def _saved(asked: StudyFilter) -> dict[str, object]:
    """Return a filter as it is kept; one that leads through another cohort could turn in a circle."""
    if asked.cohort_id is not None:
        raise Invalid("A cohort cannot be a part of another; save its studies as a list.")
    return asked.model_dump(mode="json")


def _refuse_words(search: str) -> None:
    if search.strip():
        raise Invalid("Words of a search may name a patient: share it without them, or as a list.")


def _name(given: str) -> str:
    name = " ".join(given.replace("\0", " ").split())
    if not name:
        raise Invalid("A name needs a letter.")
    return name


def _refuse_unless_own(actor: Actor, created_by_id: UUID | None) -> None:
    if not may_change(actor, created_by_id):
        raise Forbidden("Only who made it, or an administrator, may change it.")
