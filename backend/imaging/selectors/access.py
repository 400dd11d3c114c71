"""Which studies an actor may see; every other selector starts here."""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from backend.accounts.selectors import actor_now
from backend.core.actor import Actor
from backend.imaging.models import AudienceMember, Study, StudyAudience


def studies_visible_to(*, actor: Actor) -> QuerySet[Study]:
    """Return the studies this actor may see; an administrator sees all."""
    if actor.is_admin:
        return Study.objects.all()
    if actor.user_id is None:
        return Study.objects.none()
    audiences = AudienceMember.objects.filter(user_id=actor.user_id).values("audience_id")
    shared = StudyAudience.objects.filter(study_id=OuterRef("pk"), audience_id__in=audiences)
    return Study.objects.filter(Exists(shared))


def may_still_see(*, user_id: UUID | None, study_id: UUID) -> bool:
    """Tell whether who was given leave to a study may see it now; Limn itself always may."""
    if user_id is None:
        return True
    actor = actor_now(user_id=user_id)
    return actor is not None and studies_visible_to(actor=actor).filter(pk=study_id).exists()
