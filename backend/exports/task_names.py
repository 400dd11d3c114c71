"""Names of this room's jobs."""

WRITE = "exports.write"
