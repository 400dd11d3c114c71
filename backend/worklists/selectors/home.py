"""The start page, and how much there is to do."""

from statistics import median
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from backend.core.actor import Actor
from backend.projects.models import Membership, Project
from backend.projects.policies import role_verbs
from backend.projects.selectors import projects_visible_to
from backend.worklists.domain.messages import (
    CountsOut,
    HomeOut,
    HomeProject,
    NextHint,
    ProjectCountsList,
    ProjectCountsOut,
    TodayOut,
)
from backend.worklists.models import Task
from backend.worklists.selectors.tasks import task_out, tasks_shown

SHOWN = 10
PROJECTS_SHOWN = 100


def project_counts(*, actor: Actor) -> ProjectCountsList:
    """Return how many tasks stand where, for each project the actor sees."""
    ids = list(projects_visible_to(actor=actor).values_list("pk", flat=True)[:PROJECTS_SHOWN])
    counts = states_of(ids)
    return ProjectCountsList(
        results=[ProjectCountsOut(project_id=pk, counts=counts[pk]) for pk in ids]
    )


def states_of(project_ids: list[UUID]) -> dict[UUID, CountsOut]:
    """Return the tasks of each project by state."""
    found: dict[UUID, dict[str, int]] = {pk: {} for pk in project_ids}
    rows = (
        Task.objects.filter(project_id__in=project_ids)
        .order_by()
        .values_list("project_id", "state")
        .annotate(n=Count("pk"))
    )
    for project_id, state, count in rows:
        found[project_id][state] = count
    return {pk: CountsOut.model_validate(states) for pk, states in found.items()}


def home(*, actor: Actor) -> HomeOut:
    """Return a person's projects, what is back on their desk, and where to go on."""
    projects = _projects(actor)
    mine = tasks_shown().filter(assignee_id=actor.user_id)
    returned = mine.filter(state="returned").order_by("-updated_at")[:SHOWN]
    recent = (
        tasks_shown()
        .filter(Q(assignee_id=actor.user_id) & ~Q(state__in=("todo", "returned")))
        .order_by("-updated_at")[:SHOWN]
    )
    return HomeOut(
        projects=projects,
        next_hint=_next_hint(actor, [row.id for row in projects if _labels(actor, row.role)]),
        today=_today(actor),
        returned=[task_out(row) for row in returned],
        recent=[task_out(row) for row in recent],
    )


def _labels(actor: Actor, role: str | None) -> bool:
    return "annotate" in role_verbs(role, is_admin=actor.is_admin)


def _projects(actor: Actor) -> list[HomeProject]:
    rows = list(projects_visible_to(actor=actor).order_by("-created_at")[:PROJECTS_SHOWN])
    roles = _roles(actor)
    waiting = Q(state="todo") & (Q(assignee=None) | Q(assignee_id=actor.user_id))
    own = Q(state__in=("in_progress", "returned"), assignee_id=actor.user_id)
    open_counts = dict(
        Task.objects.filter(waiting | own, project_id__in=[row.pk for row in rows])
        .order_by()
        .values_list("project_id")
        .annotate(n=Count("pk"))
    )
    review_counts = _review_counts(actor, rows, roles)
    return [
        HomeProject(
            id=row.pk,
            name=row.name,
            role=roles.get(row.pk),
            open_count=open_counts.get(row.pk, 0),
            review_count=review_counts.get(row.pk, 0),
        )
        for row in rows
    ]


def _review_counts(
    actor: Actor, projects: list[Project], roles: dict[UUID, str]
) -> dict[UUID, int]:
    """Return how much waits for a review in the projects where this person reviews."""
    verbs = {
        project.pk: role_verbs(roles.get(project.pk), is_admin=actor.is_admin)
        for project in projects
    }
    reviews = [pk for pk, allowed in verbs.items() if "review" in allowed]
    manages = [pk for pk, allowed in verbs.items() if "manage_tasks" in allowed]
    theirs = Q(project_id__in=manages) | ~Q(submitted_by_id=actor.user_id)
    return dict(
        Task.objects.filter(theirs, project_id__in=reviews, state="in_review")
        .order_by()
        .values_list("project_id")
        .annotate(n=Count("pk"))
    )


def _roles(actor: Actor) -> dict[UUID, str]:
    if actor.user_id is None:
        return {}
    own = Membership.objects.filter(user_id=actor.user_id)
    return dict(own.values_list("project_id", "role"))


def _next_hint(actor: Actor, project_ids: list[UUID]) -> NextHint | None:
    """Return what "next" would give: returned work, then unfinished, then reserved, then the queue."""
    own = tasks_shown().filter(assignee_id=actor.user_id, project_id__in=project_ids)
    for state in ("returned", "in_progress"):
        task = own.filter(state=state).order_by("-updated_at").first()
        if task is not None:
            return _hint(task)
    task = own.filter(state="todo").order_by("-priority", "number").first()
    if task is not None:
        return _hint(task)
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    for project_id in project_ids:
        queue = tasks_shown().filter(free, project_id=project_id, state="todo", assignee=None)
        task = queue.order_by("-priority", "number").first()
        if task is not None:
            return _hint(task)
    return None


def _hint(task: Task) -> NextHint:
    described = task_out(task)
    return NextHint(project_id=task.project_id, task=described, why=described.why)


def _today(actor: Actor) -> TodayOut:
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    times = list(
        Task.objects.filter(submitted_by_id=actor.user_id, submitted_at__gte=midnight).values_list(
            "active_ms", flat=True
        )
    )
    worked = [ms / 1000 for ms in times if ms]
    return TodayOut(submitted=len(times), median_seconds=median(worked) if worked else None)
