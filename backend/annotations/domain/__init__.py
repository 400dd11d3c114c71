"""Pure rules of annotations: states and their changes, schema rules, honesty, agreement."""

from backend.annotations.domain.agreement import MaskFrames, dice_per_segment, same_segment
from backend.annotations.domain.messages import (
    AuthorOut,
    DocumentState,
    EditIn,
    MaskIn,
    MaskOut,
    ObjectChange,
    RestoreIn,
    RevisionIn,
    RevisionOut,
    RevisionRow,
    RevisionRows,
    ShapeObject,
)
from backend.annotations.domain.provenance import Provenance, provenance_after
from backend.annotations.domain.schema_rules import RuleUnmet, SchemaRules
from backend.annotations.domain.state import Delta, Manifest

SNAPSHOT_EVERY = 32

__all__ = [
    "SNAPSHOT_EVERY",
    "AuthorOut",
    "Delta",
    "DocumentState",
    "EditIn",
    "Manifest",
    "MaskFrames",
    "MaskIn",
    "MaskOut",
    "ObjectChange",
    "Provenance",
    "RestoreIn",
    "RevisionIn",
    "RevisionOut",
    "RevisionRow",
    "RevisionRows",
    "RuleUnmet",
    "SchemaRules",
    "ShapeObject",
    "dice_per_segment",
    "provenance_after",
    "same_segment",
]
