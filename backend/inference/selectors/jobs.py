"""Jobs: members of a job's project see it, and so do its creator and administrators."""

from uuid import UUID

from django.db.models import Q, QuerySet

from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.core.http import cursor_decode, cursor_encode
from backend.core.models import Job
from backend.inference.domain.messages import JobList, JobOut
from backend.projects.selectors import project_verbs, projects_visible_to

PAGE = 50


def jobs_visible_to(*, actor: Actor) -> QuerySet[Job]:
    """Return the jobs the actor may see, without their messages: those can be long."""
    jobs = Job.objects.defer("request", "answer")
    if actor.is_admin:
        return jobs
    projects = projects_visible_to(actor=actor).values("pk")
    return jobs.filter(Q(created_by_id=actor.user_id) | Q(project_id__in=projects))


def jobs_of(
    *,
    actor: Actor,
    project_id: UUID | None = None,
    state: str | None = None,
    cursor: str | None = None,
) -> JobList:
    """Return a page of jobs, newest first."""
    jobs = jobs_visible_to(actor=actor)
    if project_id is not None:
        jobs = jobs.filter(project_id=project_id)
    if state:
        jobs = jobs.filter(state__in=state.split(","))
    if cursor:
        at, last = cursor_decode(cursor)
        jobs = jobs.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=last))
    rows = list(jobs.order_by("-created_at", "-pk")[: PAGE + 1])
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    following = cursor_encode(rows[-1].created_at.isoformat(), str(rows[-1].pk)) if more else None
    return JobList(results=[job_out(row) for row in rows], next=following)


def job_row(*, actor: Actor, job_id: UUID, to_change: bool = False) -> Job:
    """Return a job; `to_change` asks for the right to stop it or try it again."""
    job = jobs_visible_to(actor=actor).filter(pk=job_id).first()
    if job is None:
        raise NotFound("There is no such job.")
    if to_change and not _may_change(actor, job):
        raise Forbidden("Your role in this project does not allow this.")
    return job


def job_get(*, actor: Actor, job_id: UUID) -> JobOut:
    """Return one job."""
    return job_out(job_row(actor=actor, job_id=job_id))


def job_out(job: Job) -> JobOut:
    """Return the row as it travels."""
    return JobOut(
        id=job.pk,
        kind=job.kind,
        queue=job.queue,
        state=Job.State(job.state).value,
        progress=job.progress,
        message=job.message,
        error_code=job.error_code or None,
        error_detail=job.error_detail or None,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        worker=job.worker or None,
        project_id=job.project_id,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def _may_change(actor: Actor, job: Job) -> bool:
    if actor.is_admin or (job.created_by_id is not None and job.created_by_id == actor.user_id):
        return True
    return job.project_id is not None and "train" in project_verbs(
        actor=actor, project_id=job.project_id
    )
