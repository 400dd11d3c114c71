"""Sources as administrators keep them: added, changed, tried, removed; secrets sealed."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid
from backend.imaging import policies
from backend.imaging.domain.messages_sources import (
    SECRETS,
    FolderSettings,
    Schedule,
    Settings,
    SourceIn,
    SourcePatch,
    SourceTestIn,
    SourceTestOut,
)
from backend.imaging.domain.schedules import next_run
from backend.imaging.models import Source
from backend.imaging.selectors.sources import settings_of, source_get
from backend.imaging.services.deid import policy_named
from backend.imaging.services.secrets import opened, sealed, secret_of
from backend.imaging.services.sources.fetchers import tried
from backend.imaging.services.sources.folder import folder_allowed

_SALT = "sources"


@transaction.atomic
def source_add(*, actor: Actor, body: SourceIn) -> Source:
    """Add a source; its settings are checked, whether it answers is not."""
    policies.refuse_unless(policies.may_keep_sources(actor))
    _refuse_what_cannot_be(body.settings, body.schedule, body.policy)
    source = Source(
        kind=body.settings.kind,
        name=body.name.strip(),
        settings=body.settings.model_dump(mode="json"),
        policy=body.policy,
        project_id=body.project_id,
        schedule=body.schedule.model_dump(),
        is_enabled=body.is_enabled,
        created_by_id=actor.user_id,
        next_run_at=next_run(body.schedule, timezone.now()),
    )
    source.sealed = _sealed(source, _known_secrets(source.kind, body.secrets))
    try:
        with transaction.atomic():
            source.save(force_insert=True)
    except IntegrityError:
        raise Conflict("There is a source of this name already; choose another name.") from None
    audit_record(
        actor=actor, verb="source.added", target_id=source.pk, kind=source.kind, name=source.name
    )
    return source


@transaction.atomic
def source_change(*, actor: Actor, source_id: UUID, body: SourcePatch) -> Source:
    """Change what was given; a secret that is left out stays."""
    policies.refuse_unless(policies.may_keep_sources(actor))
    source = Source.objects.select_for_update(no_key=True).get(
        pk=source_get(actor=actor, source_id=source_id).pk
    )
    chosen = body.settings or settings_of(source)
    if chosen.kind != source.kind:
        raise Invalid("A source stays of its kind; add another one instead.")
    schedule = body.schedule or Schedule(**source.schedule)
    given = body.model_fields_set
    source.policy = body.policy if body.policy is not None else source.policy
    _refuse_what_cannot_be(chosen, schedule, source.policy)
    stays = secrets_of(source) if _place(chosen) == _place(settings_of(source)) else {}
    source.settings = chosen.model_dump(mode="json")
    source.name = body.name.strip() if body.name else source.name
    source.project_id = body.project_id if "project_id" in given else source.project_id
    source.is_enabled = body.is_enabled if body.is_enabled is not None else source.is_enabled
    if "schedule" in given or (body.is_enabled and source.next_run_at is None):
        source.schedule = schedule.model_dump()
        source.next_run_at = next_run(schedule, timezone.now())
    kept = {**stays, **_known_secrets(source.kind, body.secrets)}
    source.sealed = _sealed(source, {name: value for name, value in kept.items() if value})
    try:
        with transaction.atomic():
            source.save(update_fields=_CHANGEABLE)
    except IntegrityError:
        raise Conflict("There is a source of this name already; choose another name.") from None
    audit_record(actor=actor, verb="source.changed", target_id=source.pk, changed=sorted(given))
    return source


_CHANGEABLE = [
    "name",
    "settings",
    "sealed",
    "policy",
    "project_id",
    "schedule",
    "is_enabled",
    "next_run_at",
]


@transaction.atomic
def source_remove(*, actor: Actor, source_id: UUID) -> None:
    """Forget a source and what was seen of it; everything it brought stays."""
    policies.refuse_unless(policies.may_keep_sources(actor))
    source = source_get(actor=actor, source_id=source_id)
    audit_record(actor=actor, verb="source.removed", target_id=source.pk, name=source.name)
    Source.objects.filter(pk=source.pk).delete()


def source_try(*, actor: Actor, body: SourceTestIn) -> SourceTestOut:
    """Ask a source whether it answers, before or after it is kept."""
    policies.refuse_unless(policies.may_keep_sources(actor))
    secrets = _known_secrets(body.settings.kind, body.secrets)
    if body.source_id is not None:
        kept = source_get(actor=actor, source_id=body.source_id)
        if _place(settings_of(kept)) == _place(body.settings):
            secrets = {**secrets_of(kept), **secrets}
    return tried(body.settings, secrets)


def _place(chosen: Settings) -> tuple[str, ...]:
    """Return where a kept secret may be sent to: to another place it must be given again."""
    document = chosen.model_dump(mode="json")
    names = ("kind", "url", "endpoint", "bucket", "host", "port", "user", "key_id")
    return tuple(str(document.get(name, "")) for name in names)


def secrets_of(source: Source) -> dict[str, str]:
    """Return a source's secrets; none where they were sealed with another key."""
    box = bytes(source.sealed)
    if not box:
        return {}
    try:
        return opened(secret_of(_SALT), str(source.pk), box)
    except ValueError:
        return {}


def _sealed(source: Source, secrets: dict[str, str]) -> bytes:
    return sealed(secret_of(_SALT), str(source.pk), secrets) if secrets else b""


def _known_secrets(kind: str, secrets: dict[str, str]) -> dict[str, str]:
    unknown = sorted(set(secrets) - set(SECRETS[kind]))
    if unknown:
        raise Invalid(f"A source of this kind has no secret of the name {unknown[0]}.")
    return secrets


def _refuse_what_cannot_be(chosen: Settings, schedule: Schedule, policy: str) -> None:
    if isinstance(chosen, FolderSettings):
        folder_allowed(chosen.path)
    if chosen.kind == "receiver" and schedule != Schedule():
        raise Invalid("A receiver waits for senders; it has no schedule.")
    if policy:
        policy_named(policy)
