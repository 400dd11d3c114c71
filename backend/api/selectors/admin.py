"""Read side of what an administrator looks at: the system's state, and who did what."""

import os
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Sum

from backend.accounts.selectors import users_by_id
from backend.api.domain import AuditEventOut, PartOut, StorageOut, SystemOut, WorkerOut
from backend.api.selectors.readiness import readiness
from backend.audit.selectors import audit_page
from backend.core.actor import Actor
from backend.core.errors import Forbidden
from backend.core.models import Job
from backend.imaging.models import Instance
from backend.inference.models import WorkerHost
from backend.inference.selectors import workers_alive


def system_describe(*, actor: Actor) -> SystemOut:
    """Return the state of every part, the workers, the storage and the jobs."""
    if not actor.is_admin:
        raise Forbidden("Only administrators see the system's state.")
    parts = {name: PartOut.model_validate(part) for name, part in readiness().items()}
    jobs = Job.objects.order_by().values_list("state").annotate(n=Count("pk"))
    return SystemOut(
        version=settings.LIMN_VERSION,
        is_ready=all(part.state == "ready" for part in parts.values()),
        parts=parts,
        workers=_workers(),
        storage=_storage(),
        jobs=dict(jobs),
    )


def _workers() -> list[WorkerOut]:
    alive = {host.name for host in workers_alive()}
    return [
        WorkerOut(
            name=host.name,
            device=host.device,
            memory_mib=host.memory_mib,
            facts=host.facts,
            seen_at=host.seen_at,
            is_alive=host.name in alive,
        )
        for host in WorkerHost.objects.order_by("-seen_at")[:200]
    ]


def _storage() -> StorageOut:
    facts = Instance.objects.aggregate(n=Count("pk"), size=Sum("size_bytes"))
    is_s3 = settings.LIMN_BLOBS.startswith("s3://")
    free = total = None
    if not is_s3 and Path(settings.LIMN_BLOBS).is_dir():
        stat = os.statvfs(settings.LIMN_BLOBS)
        free, total = stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize
    return StorageOut(
        kind="s3" if is_s3 else "folder",
        free_bytes=free,
        total_bytes=total,
        instance_count=facts["n"],
        instance_bytes=facts["size"] or 0,
    )


def audit_describe(
    *, actor: Actor, verb: str = "", target_id: str = "", cursor: str | None = None
) -> tuple[list[AuditEventOut], str | None]:
    """Return a page of the audit record with people's names."""
    entries, more = audit_page(actor=actor, verb=verb, target_id=target_id, cursor=cursor)
    people = users_by_id(ids=[entry.actor_id for entry in entries if entry.actor_id])
    rows = [
        AuditEventOut(
            id=entry.id,
            at=entry.at,
            actor=people.get(entry.actor_id) if entry.actor_id else None,
            verb=entry.verb,
            target_id=entry.target_id,
            project_id=entry.project_id,
            details=entry.details,
        )
        for entry in entries
    ]
    return rows, more
