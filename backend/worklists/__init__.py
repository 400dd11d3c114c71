"""Who labels what next: tasks, leases, stages, progress."""
