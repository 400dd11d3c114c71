"""Names of this room's tasks, and of the model workers' doorbell."""

SWEEP = "core.sweep"
SWEEP_STORAGE = "core.sweep_storage"
ML_RUN = "ml_worker.run"
