"""Addresses of this room's doors."""

from django.urls import URLPattern, URLResolver, path, re_path

from backend.inference.api import jobs, models, worker

_VERSION = "api/v1/model-versions/<uuid:version_id>"
_PROJECT = "api/v1/projects/<uuid:project_id>"
_JOB = "api/v1/jobs/<uuid:job_id>"
_WORK = "worker/v1/jobs/<uuid:job_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/models", models.ModelsView.as_view(), name="models"),
    path(
        "api/v1/models/versions/<uuid:version_id>",
        models.ModelVersionView.as_view(),
        name="model-version",
    ),
    path(f"{_VERSION}/activate", models.ModelVersionActivateView.as_view(), name="activate"),
    path(f"{_VERSION}/retire", models.ModelVersionRetireView.as_view(), name="retire"),
    path(f"{_VERSION}/decoder", models.ModelVersionDecoderView.as_view(), name="decoder"),
    path(f"{_PROJECT}/models", models.ProjectModelsView.as_view(), name="project-models"),
    path(f"{_PROJECT}/train", models.TrainView.as_view(), name="train"),
    path(f"{_PROJECT}/training-runs", models.TrainingRunsView.as_view(), name="training-runs"),
    path(
        "api/v1/grids/<uuid:grid_id>/features", models.GridFeaturesView.as_view(), name="features"
    ),
    re_path(
        r"^api/v1/blobs/features/(?P<sha256>[0-9a-f]{64})$",
        models.FeatureBlobView.as_view(),
        name="feature-blob",
    ),
    path("api/v1/jobs", jobs.JobsView.as_view(), name="jobs"),
    path(_JOB, jobs.JobView.as_view(), name="job"),
    path(f"{_JOB}/cancel", jobs.JobCancelView.as_view(), name="job-cancel"),
    path(f"{_JOB}/retry", jobs.JobRetryView.as_view(), name="job-retry"),
    path("worker/v1/hello", worker.WorkerHelloView.as_view(), name="worker-hello"),
    path(f"{_WORK}/claim", worker.WorkerClaimView.as_view(), name="worker-claim"),
    path(f"{_WORK}/heartbeat", worker.WorkerHeartbeatView.as_view(), name="worker-heartbeat"),
    path(f"{_WORK}/answer", worker.WorkerAnswerView.as_view(), name="worker-answer"),
]
