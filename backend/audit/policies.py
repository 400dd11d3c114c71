"""Who may read the audit record."""

from backend.core.actor import Actor


def may_read_audit(actor: Actor) -> bool:
    """Only administrators do."""
    return actor.is_admin
