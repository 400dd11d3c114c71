"""Who may do what with de-identification, tags and cohorts."""

from uuid import UUID

from backend.core.actor import Actor
from backend.core.errors import Forbidden


def may_keep_policies(actor: Actor) -> bool:
    """Only administrators say how identities are removed."""
    return actor.is_admin


def may_see_identities(actor: Actor) -> bool:
    """Only administrators may ask who a pseudonym is; a command has no person to hold to it."""
    return actor.is_admin and actor.user_id is not None


def may_keep_sources(actor: Actor) -> bool:
    """Only administrators say where files come from: it opens folders and addresses."""
    return actor.is_admin


def refuse_unless(allowed: bool) -> None:  # noqa: FBT001  reads as a sentence
    """Refuse what a rule does not allow."""
    if not allowed:
        raise Forbidden("Only administrators may do this.")


def may_change(actor: Actor, created_by_id: UUID | None) -> bool:
    """Who made a tag or a cohort may change and remove it; so may an administrator."""
    return actor.is_admin or (actor.user_id is not None and actor.user_id == created_by_id)
