"""Names of this room's tasks."""

SEAL = "audit.seal"
