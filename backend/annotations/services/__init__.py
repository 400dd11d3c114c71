"""Write side of annotations."""

from backend.annotations.services.documents import (
    RulesUnmet,
    document_accept,
    document_create,
    document_put_back,
    document_reopen,
    document_schema_upgrade,
    document_submit,
    documents_create,
    proposal_write,
)
from backend.annotations.services.locks import (
    Lock,
    LockHeld,
    lock_extend,
    lock_release,
    lock_take,
)
from backend.annotations.services.revisions import (
    LockLost,
    RequestReused,
    RevisionConflict,
    Saved,
    revision_restore,
    revision_save,
)

__all__ = [
    "Lock",
    "LockHeld",
    "LockLost",
    "RequestReused",
    "RevisionConflict",
    "RulesUnmet",
    "Saved",
    "document_accept",
    "document_create",
    "document_put_back",
    "document_reopen",
    "document_schema_upgrade",
    "document_submit",
    "documents_create",
    "lock_extend",
    "lock_release",
    "lock_take",
    "proposal_write",
    "revision_restore",
    "revision_save",
]
