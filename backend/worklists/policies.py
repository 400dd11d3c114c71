"""Who may work on a task: the verbs of the project, and whose the task is."""

from uuid import UUID

OPEN_STATES = ("todo", "in_progress", "returned", "skipped", "problem")
CLOSED_STATES = ("submitted", "in_review", "accepted")


def may_work(
    *, verbs: frozenset[str], user_id: UUID | None, assignee_id: UUID | None, state: str
) -> bool:
    """Tell whether the person may edit the task: their own, or one that is nobody's."""
    if "annotate" not in verbs or state not in OPEN_STATES:
        return False
    return assignee_id is None or assignee_id == user_id or may_take_over(verbs)


def may_take_over(verbs: frozenset[str]) -> bool:
    """Tell whether the person may take another's open task."""
    return bool(verbs & {"review", "manage_tasks"})


def may_judge(
    *, verbs: frozenset[str], user_id: UUID | None, submitted_by_id: UUID | None, state: str
) -> bool:
    """Tell whether the person may give a verdict: not on their own work that waits for review.

    Who manages the tasks may, so that a project of one person does not stand still.
    """
    if "review" not in verbs:
        return False
    return state != "in_review" or submitted_by_id != user_id or "manage_tasks" in verbs


def may_reopen(
    *, verbs: frozenset[str], user_id: UUID | None, submitted_by_id: UUID | None, state: str
) -> bool:
    """Tell who opens closed work again: reviewers; authors, until somebody accepts it."""
    if "review" in verbs:
        return True
    own = submitted_by_id == user_id
    return "annotate" in verbs and state in {"submitted", "in_review"} and own
