"""Doors of models, training and features."""

from uuid import UUID

from django.http import FileResponse, HttpResponse, HttpResponseNotModified
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.inference.domain.messages import (
    FeaturesIn,
    FeaturesOut,
    ModelVersionList,
    ModelVersionOut,
    TrainIn,
    TrainingRunList,
    TrainStarted,
)
from backend.inference.selectors import (
    decoder_sha,
    feature_blob_sha,
    job_out,
    model_version_get,
    models_of_project,
    models_visible,
    training_run_out,
    training_runs,
)
from backend.inference.services import (
    features_request,
    training_start,
    version_activate,
    version_retire,
)


class ModelsView(APIView):
    """Models the person may see."""

    @extend_schema(operation_id="models_list", responses={200: ModelVersionList})
    def get(self, request: Request) -> Response:
        """List versions, newest first."""
        return Response(models_visible(actor=Actor.of(request)).model_dump(mode="json"))


class ModelVersionView(APIView):
    """One model version."""

    @extend_schema(operation_id="model_version_get", responses={200: ModelVersionOut})
    def get(self, request: Request, version_id: UUID) -> Response:
        """Return its metrics and where it comes from."""
        version = model_version_get(actor=Actor.of(request), version_id=version_id)
        return Response(version.model_dump(mode="json"))


class ModelVersionActivateView(APIView):
    """A model version, put to work."""

    @extend_schema(
        operation_id="model_version_activate", request=None, responses={200: ModelVersionOut}
    )
    def post(self, request: Request, version_id: UUID) -> Response:
        """Let it propose; what is left is scored and pre-annotated anew."""
        version = version_activate(actor=Actor.of(request), version_id=version_id)
        return Response(version.model_dump(mode="json"))


class ModelVersionRetireView(APIView):
    """A model version, taken out of use."""

    @extend_schema(
        operation_id="model_version_retire", request=None, responses={200: ModelVersionOut}
    )
    def post(self, request: Request, version_id: UUID) -> Response:
        """Stop it proposing; what it proposed stays."""
        version = version_retire(actor=Actor.of(request), version_id=version_id)
        return Response(version.model_dump(mode="json"))


class ModelVersionDecoderView(APIView):
    """The part of an interactive model that runs in the browser."""

    @extend_schema(operation_id="model_version_decoder", responses={200: OpenApiTypes.BINARY})
    def get(self, request: Request, version_id: UUID) -> HttpResponse | FileResponse:
        """Return the decoder as ONNX."""
        sha256 = decoder_sha(actor=Actor.of(request), version_id=version_id)
        return _blob(request, sha256)


class FeatureBlobView(APIView):
    """Features of one frame."""

    @extend_schema(operation_id="feature_blob", responses={200: OpenApiTypes.BINARY})
    def get(self, request: Request, sha256: str) -> HttpResponse | FileResponse:
        """Return float16 little-endian numbers, [C, h, w]."""
        return _blob(request, feature_blob_sha(actor=Actor.of(request), sha256=sha256))


class GridFeaturesView(APIView):
    """Features of an image series."""

    @extend_schema(
        operation_id="features_request", request=FeaturesIn, responses={200: FeaturesOut}
    )
    def post(self, request: Request, grid_id: UUID) -> Response:
        """Return what is there and the job that makes the rest."""
        wish = FeaturesIn.model_validate(request.data)
        found = features_request(actor=Actor.of(request), grid_id=grid_id, wish=wish)
        return Response(found.model_dump(mode="json"))


class ProjectModelsView(APIView):
    """The models of a project."""

    @extend_schema(operation_id="project_models_list", responses={200: ModelVersionList})
    def get(self, request: Request, project_id: UUID) -> Response:
        """List its own versions and the shared ones."""
        page = models_of_project(actor=Actor.of(request), project_id=project_id)
        return Response(page.model_dump(mode="json"))


class TrainView(APIView):
    """Training, by a button."""

    @extend_schema(operation_id="training_start", request=TrainIn, responses={202: TrainStarted})
    def post(self, request: Request, project_id: UUID) -> Response:
        """Train on all finished work; the run that is at work already is returned instead."""
        body = TrainIn.model_validate(request.data or {})
        run = training_start(
            actor=Actor.of(request),
            project_id=project_id,
            max_seconds=body.max_seconds,
            max_steps=body.max_steps,
        )
        answer = TrainStarted(run=training_run_out(run), job=job_out(run.job))
        return Response(answer.model_dump(mode="json"), status=status.HTTP_202_ACCEPTED)


class TrainingRunsView(APIView):
    """The trainings of a project."""

    @extend_schema(operation_id="training_runs_list", responses={200: TrainingRunList})
    def get(self, request: Request, project_id: UUID) -> Response:
        """List them, newest first, with their curves."""
        page = training_runs(actor=Actor.of(request), project_id=project_id)
        return Response(page.model_dump(mode="json"))


def _blob(request: Request, sha256: str) -> HttpResponse | FileResponse:
    """Return a blob that a browser may keep for good: its address is its content."""
    etag = f'"{sha256}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    response = FileResponse(blob_store().open(sha256), content_type="application/octet-stream")
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
