"""Who may do what in a project: one table of roles and verbs."""

from backend.projects.domain import Role

VERBS: tuple[str, ...] = (
    "view",
    "annotate",
    "review",
    "manage_tasks",
    "view_progress",
    "edit",
    "edit_schema",
    "manage_members",
    "add_units",
    "train",
    "activate",
    "release",
    "export",
)
_ALL = frozenset(VERBS)
_TABLE: dict[str, frozenset[str]] = {
    "owner": _ALL,
    "manager": _ALL,
    "reviewer": frozenset({"view", "annotate", "review", "view_progress"}),
    "annotator": frozenset({"view", "annotate"}),
    "data_scientist": frozenset(
        {"view", "view_progress", "train", "activate", "release", "export"}
    ),
    "viewer": frozenset({"view", "view_progress"}),
}


def role_verbs(role: str | None, *, is_admin: bool = False) -> frozenset[str]:
    """Return what a role allows; an administrator may do everything, a stranger nothing."""
    if is_admin:
        return _ALL
    return _TABLE.get(role or "", frozenset())


def may_change_member(
    *, actor_role: str | None, is_admin: bool, before: Role | None, after: Role | None
) -> bool:
    """Say whether the actor may move a person from role `before` to `after` (None = no member).

    Owners are made and unmade by owners and administrators only.
    """
    if is_admin or actor_role == "owner":
        return True
    return actor_role == "manager" and "owner" not in {before, after}
