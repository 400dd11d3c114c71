"""A manager's page, counted where the rows are."""

from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from backend.core.actor import Actor
from backend.inference.selectors import learning_curve
from backend.projects.selectors import project_get_for, schema_current
from backend.worklists.domain.forecast import forecast
from backend.worklists.domain.messages import (
    CountsOut,
    DayCount,
    ForecastOut,
    ProgressOut,
    SegmentAgreement,
    TimePerTask,
    UserTime,
)
from backend.worklists.models import Task
from backend.worklists.selectors.home import states_of
from backend.worklists.selectors.tasks import task_out, tasks_shown

THROUGHPUT_DAYS = 60
PACE_DAYS = 14
SHOWN = 10

_TIMES = """
SELECT u.name, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY t.active_ms) / 1000,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY t.active_ms) / 1000
FROM worklists_task t LEFT JOIN accounts_user u ON u.id = t.submitted_by_id
WHERE t.project_id = %s AND t.submitted_at IS NOT NULL AND t.active_ms > 0
GROUP BY GROUPING SETS ((), (u.id, u.name))
ORDER BY 2 DESC
"""
_AGREEMENT = """
SELECT part.key::int, count(*), avg(part.value::float8)
FROM worklists_task t, jsonb_each_text(t.agreement) AS part
WHERE t.project_id = %s AND t.submitted_at IS NOT NULL AND jsonb_typeof(t.agreement) = 'object'
GROUP BY 1 ORDER BY 1
"""


def project_progress(*, actor: Actor, project_id: UUID) -> ProgressOut:
    """Return states, pace, times, agreement, learning curve, queue and forecast."""
    project_get_for(actor=actor, project_id=project_id, verb="view_progress")
    states = states_of([project_id])[project_id]
    days = _throughput(project_id)
    queue = tasks_shown().filter(project_id=project_id, state="todo")
    return ProgressOut(
        states=states,
        total=sum(states.model_dump().values()),
        throughput=days,
        time_per_task=_times(project_id),
        agreement=_agreement(project_id),
        learning_curve=learning_curve(project_id=project_id),
        queue_next=[task_out(row) for row in queue.order_by("-priority", "number")[:SHOWN]],
        forecast=_forecast(states, days),
    )


def _throughput(project_id: UUID) -> list[DayCount]:
    since = timezone.now() - timedelta(days=THROUGHPUT_DAYS)
    rows = (
        Task.objects.filter(project_id=project_id, submitted_at__gte=since)
        .annotate(day=TruncDate("submitted_at"))
        .order_by("day", "submitted_by__name")
        .values_list("day", "submitted_by__name")
        .annotate(n=Count("pk"))
    )
    return [DayCount(day=day, user=name or "", count=count) for day, name, count in rows]


def _times(project_id: UUID) -> TimePerTask:
    with connection.cursor() as cursor:
        cursor.execute(_TIMES, [project_id])
        rows = cursor.fetchall()
    overall = next((row for row in rows if row[0] is None and row[1]), None)
    return TimePerTask(
        median_s=overall[2] if overall else None,
        p90_s=overall[3] if overall else None,
        per_user=[
            UserTime(user=name, n=n, median_s=median_s, p90_s=p90_s)
            for name, n, median_s, p90_s in rows
            if name is not None
        ],
    )


def _agreement(project_id: UUID) -> list[SegmentAgreement]:
    schema = schema_current(project_id=project_id)
    names = {int(item["id"]): str(item["name"]) for item in schema.document["segments"]}
    with connection.cursor() as cursor:
        cursor.execute(_AGREEMENT, [project_id])
        rows = cursor.fetchall()
    return [
        SegmentAgreement(
            segment_id=number, name=names.get(number, f"Segment {number}"), n=n, dice_mean=mean
        )
        for number, n, mean in rows
    ]


def _forecast(states: CountsOut, days: list[DayCount]) -> ForecastOut | None:
    today = timezone.now().date()
    remaining = states.todo + states.in_progress + states.returned
    done: dict[date, int] = {}
    for row in days:
        if row.day > today - timedelta(days=PACE_DAYS):
            done[row.day] = done.get(row.day, 0) + row.count
    if not done:
        return None
    span = (today - min(done)).days + 1
    per_day = [done.get(today - timedelta(days=back), 0) for back in range(span)]
    found = forecast(remaining=remaining, per_day=per_day)
    if found is None:
        return None
    return ForecastOut(
        day=today + timedelta(days=found.days),
        low=today + timedelta(days=found.low),
        high=today + timedelta(days=found.high),
    )
