"""Who may see which study: audiences, kept current by the rooms above."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from backend.imaging.models import AudienceMember, StudyAudience


@transaction.atomic
def audience_set_members(*, audience_id: UUID, user_ids: Iterable[UUID]) -> None:
    """Make exactly these people the members of the audience."""
    wanted = set(user_ids)
    members = AudienceMember.objects.filter(audience_id=audience_id)
    members.exclude(user_id__in=wanted).delete()
    AudienceMember.objects.bulk_create(
        [AudienceMember(audience_id=audience_id, user_id=user_id) for user_id in sorted(wanted)],
        ignore_conflicts=True,
    )


@transaction.atomic
def audience_add_studies(*, audience_id: UUID, study_ids: Iterable[UUID]) -> None:
    """Let the audience see these studies too."""
    StudyAudience.objects.bulk_create(
        [
            StudyAudience(audience_id=audience_id, study_id=study_id)
            for study_id in sorted(set(study_ids))
        ],
        ignore_conflicts=True,
    )


def audience_add_own(*, user_id: UUID, study_ids: Iterable[UUID]) -> None:
    """Let a person see what they brought in: an audience of one, named by their id."""
    wanted = set(study_ids)
    seen = StudyAudience.objects.filter(audience_id=user_id, study_id__in=wanted)
    if seen.count() == len(wanted):
        return  # as for all but the first files of a study
    AudienceMember.objects.bulk_create(
        [AudienceMember(audience_id=user_id, user_id=user_id)], ignore_conflicts=True
    )
    audience_add_studies(audience_id=user_id, study_ids=wanted)
