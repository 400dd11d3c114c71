"""De-identification policies kept in versions, chosen for deliveries; and the way back, on record."""

from uuid import UUID

from django.db import IntegrityError, transaction

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid, NotFound
from backend.imaging import policies
from backend.imaging.domain.deidentify.policy import PRESETS, Policy, PolicyInvalid
from backend.imaging.domain.messages_deid import IdentityOut, PolicyIn
from backend.imaging.models import DeidPolicy, IngestRun, SealedIdentity
from backend.imaging.services.secrets import opened, secret_of


@transaction.atomic
def policy_add(*, actor: Actor, body: PolicyIn) -> DeidPolicy:
    """Keep the next version of a policy; the version in the document is what it shall be."""
    policies.refuse_unless(policies.may_keep_policies(actor))
    try:
        policy = Policy.from_document(body.document)
    except PolicyInvalid as error:
        raise Invalid(str(error)) from None
    newest = DeidPolicy.objects.filter(name=policy.name).order_by("-version").first()
    expected = (newest.version if newest else 1 if policy.name in PRESETS else 0) + 1
    if policy.version != expected:
        raise Conflict(f"The next version of this policy is {expected}.", version=expected)
    row = _kept(policy, actor.user_id, scopes=body.scopes)
    audit_record(actor=actor, verb="deid.policy_added", target_id=row.pk, digest=row.digest)
    return row


def policy_named(name: str) -> DeidPolicy:
    """Return the newest version of a policy; a preset is kept when it is first used."""
    row = DeidPolicy.objects.filter(name=name).order_by("-version").first()
    if row is not None:
        return row
    if name not in PRESETS:
        known = ", ".join(sorted(PRESETS))
        raise Invalid(f"There is no such de-identification policy. Presets are: {known}.")
    return _kept(PRESETS[name], None, scopes=[])


def policy_for(*, source: str, audience_id: UUID | None = None) -> DeidPolicy | None:
    """Return the policy in force for a project, else for a source; None where none is chosen."""
    newest = DeidPolicy.objects.order_by("name", "-version").distinct("name")
    rows = sorted(newest, key=lambda row: row.created_at, reverse=True)
    scopes = [f"project:{audience_id}"] if audience_id else []
    for scope in [*scopes, f"source:{source}"]:
        found = next((row for row in rows if scope in row.scopes), None)
        if found is not None and source == "browser":
            browser_may_use(found.name)
        if found is not None:
            return found
    return None


def is_memory_only(run: IngestRun) -> bool:
    """Tell whether what arrives may lie in memory only until it is cleared."""
    return run.policy is not None and bool(run.policy.document.get("memory_only"))


def memory_only_of(name: str, source: str, audience_id: UUID | None) -> bool:
    """Tell the same of what comes under a policy of this name, or the one in force."""
    policy = policy_named(name) if name else policy_for(source=source, audience_id=audience_id)
    return policy is not None and bool(policy.document.get("memory_only"))


def browser_may_use(name: str) -> None:
    """Refuse a policy that a browser's uploads cannot follow: their pieces wait on the disk."""
    if policy_named(name).document.get("memory_only"):
        raise Invalid("Under this policy nothing may touch the disk: send it over DICOMweb.")


def identity_find(*, actor: Actor, pseudonym: str, reason: str) -> IdentityOut:
    """Return who a pseudonym is. Who asked, for whom and why is on the record first."""
    policies.refuse_unless(policies.may_see_identities(actor))
    audit_record(actor=actor, verb="deid.identity_asked", target_id=pseudonym, reason=reason)
    row = SealedIdentity.objects.filter(pseudonym=pseudonym).order_by("pk").first()
    if row is None:
        raise NotFound("No way back was kept for this pseudonym.")
    try:
        found = opened(secret_of(row.salt_id), pseudonym, bytes(row.sealed))
    except ValueError:
        raise NotFound("The way back was sealed with another key.") from None
    return IdentityOut(
        patient_id=found["PatientID"],
        issuer=found["IssuerOfPatientID"],
        name=found["PatientName"],
        birth_date=found["PatientBirthDate"],
    )


def _kept(policy: Policy, created_by: UUID | None, scopes: list[str]) -> DeidPolicy:
    try:
        with transaction.atomic():
            return DeidPolicy.objects.create(
                name=policy.name,
                version=policy.version,
                document=policy.document(),
                digest=policy.digest,
                scopes=scopes,
                created_by_id=created_by,
            )
    except IntegrityError:  # somebody kept the same version meanwhile
        return DeidPolicy.objects.get(name=policy.name, version=policy.version)
