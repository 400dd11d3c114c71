"""Read side of models, jobs and workers. What an actor may not see looks absent."""

from backend.inference.selectors.features import feature_blob_sha, features_known
from backend.inference.selectors.jobs import job_get, job_out, job_row, jobs_of
from backend.inference.selectors.training import (
    learning_curve,
    training_run_open,
    training_run_out,
    training_runs,
)
from backend.inference.selectors.versions import (
    NO_INTERACTIVE_MODEL,
    active_version,
    decoder_sha,
    interactive_models,
    model_names,
    model_version_get,
    models_of_project,
    models_visible,
    version_out,
    version_row,
)
from backend.inference.selectors.workers import workers_alive

__all__ = [
    "NO_INTERACTIVE_MODEL",
    "active_version",
    "decoder_sha",
    "feature_blob_sha",
    "features_known",
    "interactive_models",
    "job_get",
    "job_out",
    "job_row",
    "jobs_of",
    "learning_curve",
    "model_names",
    "model_version_get",
    "models_of_project",
    "models_visible",
    "training_run_open",
    "training_run_out",
    "training_runs",
    "version_out",
    "version_row",
    "workers_alive",
]
