"""What keeps a series in place when its delivery is undone: somebody's work, or another sender."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from backend.annotations.models import Document
from backend.core.actor import Actor
from backend.imaging.models import IngestItem, IngestRun, Instance, Series
from backend.projects.models import Membership, Unit
from backend.projects.policies import role_verbs
from backend.releases.models import Release


@dataclass(frozen=True)
class Keep:
    """Why a series stays; the code is stable, the reason is a sentence."""

    code: str
    reason: str


def reason_to_keep(
    *, actor: Actor, run: IngestRun, series: Series, instances: set[int]
) -> Keep | None:
    """Return why these instances of a series must stay; None where nothing speaks for it."""
    documents = Document.objects.filter(grid__series=series)
    release = Release.objects.filter(items__document__in=documents).order_by("number").first()
    if release is not None:
        return Keep("undo.released", f"It is part of release {release.number} ({release.name}).")
    labels = documents.filter(kind=Document.Kind.LABEL)
    if labels.filter(Q(head_number__gt=0) | ~Q(state=Document.State.DRAFT)).exists():
        return Keep("undo.labelled", "Somebody has labelled it.")
    if labels.filter(lock_until__gt=timezone.now()).exists():
        return Keep("undo.open", "Somebody has it open at this moment.")
    others = IngestItem.objects.exclude(run=run).filter(run__undone_at=None)
    if others.filter(instance__in=instances, outcome="duplicate").exists():
        return Keep("undo.sent_again", "Another delivery brought the same files.")
    return _kept_by_projects(actor, series, instances)


def _kept_by_projects(actor: Actor, series: Series, instances: set[int]) -> Keep | None:
    projects = set(Unit.objects.filter(grid__series=series).values_list("project_id", flat=True))
    if not projects:
        return None
    if Instance.objects.filter(series=series).exclude(pk__in=instances).exists():
        return Keep("undo.in_project", "A project uses its series, of which other files stay.")
    seats = Membership.objects.filter(project__in=projects)
    theirs = seats.filter(user=actor.user_id) if actor.user_id else seats.none()
    roles = dict(theirs.values_list("project_id", "role"))
    verbs = [role_verbs(roles.get(pk), is_admin=actor.is_admin) for pk in projects]
    if not all("add_units" in each for each in verbs):
        return Keep("undo.in_project", "A project uses it that you do not manage.")
    return None
