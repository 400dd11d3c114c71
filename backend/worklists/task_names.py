"""Names of this room's tasks and job kinds."""

SYNC_TASKS = "worklists.sync_tasks"
REORDER = "worklists.reorder"
AGREEMENT = "worklists.agreement"
