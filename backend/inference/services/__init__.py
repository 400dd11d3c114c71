"""Write side of models, training, predictions and the workers' door."""

from backend.inference.services.activation import version_activate, version_retire
from backend.inference.services.answers import answer_record
from backend.inference.services.checkpoints import model_add, shipped_sam_ensure, versions_settle
from backend.inference.services.dispatch import training_dispatch
from backend.inference.services.features import features_request
from backend.inference.services.jobs import job_cancel_by, job_retry_by
from backend.inference.services.ranking import units_rank
from backend.inference.services.training import TooFewCases, training_consider, training_start
from backend.inference.services.workers import worker_claim, worker_heartbeat, worker_hello

__all__ = [
    "TooFewCases",
    "answer_record",
    "features_request",
    "job_cancel_by",
    "job_retry_by",
    "model_add",
    "shipped_sam_ensure",
    "training_consider",
    "training_dispatch",
    "training_start",
    "units_rank",
    "version_activate",
    "version_retire",
    "versions_settle",
    "worker_claim",
    "worker_heartbeat",
    "worker_hello",
]
