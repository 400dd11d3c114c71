"""Names of the tasks that this room rings for."""

SYNC_TASKS = "worklists.sync_tasks"
