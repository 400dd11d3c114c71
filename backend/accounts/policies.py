"""Who may do what with people and tokens."""

from backend.core.actor import Actor


def may_manage_people(actor: Actor) -> bool:
    """Only administrators make and change people."""
    return actor.is_admin


def may_search_people(actor: Actor) -> bool:
    """Whoever is signed in may look up a colleague: anybody may start a project and invite."""
    return actor.user_id is not None or actor.is_admin
