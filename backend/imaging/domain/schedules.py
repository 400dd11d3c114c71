"""When a source is looked at next."""

from datetime import datetime, time, timedelta

from backend.imaging.domain.messages_sources import Schedule


def next_run(schedule: Schedule, now: datetime) -> datetime | None:
    """Return the next moment after `now` (aware, UTC), None for a source without a schedule."""
    if schedule.every_minutes is not None:
        return now + timedelta(minutes=schedule.every_minutes)
    if schedule.daily_at is None:
        return None
    at = datetime.combine(now.date(), time.fromisoformat(schedule.daily_at), tzinfo=now.tzinfo)
    return at if at > now else at + timedelta(days=1)
