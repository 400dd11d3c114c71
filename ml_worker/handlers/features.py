"""Embed frames with an interactive model, and check a new one."""

from ml_worker.blobs import BlobMissing
from ml_worker.contract.messages import (
    FailureCode,
    FeatureItem,
    FeaturesAnswer,
    FeaturesRequest,
    InteractiveConfig,
    PrepareModelAnswer,
    PrepareModelRequest,
    Preprocessing,
)
from ml_worker.decoding import ImageUnreadable
from ml_worker.failures import JobFailed
from ml_worker.handlers.resources import Resources
from ml_worker.learning.intensity import shown_bytes
from ml_worker.models.sam import embed
from ml_worker.models.sam_decoder import export_decoder
from ml_worker.models.sam_tiny import LIMN_TINY
from ml_worker.report import JobReport
from ml_worker.volumes import load_frame


def embed_frames(
    resources: Resources, request: FeaturesRequest, report: JobReport
) -> FeaturesAnswer:
    """Store the features of every frame asked for."""
    sam = resources.sam(
        request.weights, request.config.get("architecture"), _preprocessing(request)
    )
    window = (request.window.center, request.window.width) if request.window else None
    items = []
    for n, key in enumerate(request.keys):
        report.progress(n / len(request.keys), f"Preparing slice {n + 1} of {len(request.keys)}")
        try:
            image, is_inverted = load_frame(request.volume, key, resources.blobs)
        except BlobMissing as error:
            raise ImageUnreadable(str(error)) from error
        shown = shown_bytes(image, request.volume.modality, window, is_inverted=is_inverted)
        features = embed(sam, shown, resources.device)
        items.append(FeatureItem(key=key, blob=resources.blobs.write(features.tobytes())))
    return FeaturesAnswer(items=tuple(items))


def prepare_model(
    resources: Resources, request: PrepareModelRequest, report: JobReport
) -> PrepareModelAnswer:
    """Load a checkpoint strictly and export its decoder for the browser."""
    report.progress(0.1, "Loading the checkpoint")
    sam = resources.sam(request.checkpoint, request.architecture, request.preprocessing)
    report.progress(0.5, "Exporting the decoder")
    data = export_decoder(sam.network, keeps_to_box=sam.architecture == LIMN_TINY)
    decoder = resources.blobs.write(data)
    return PrepareModelAnswer(
        weights_sha256=request.checkpoint.sha256,
        decoder=decoder,
        config=InteractiveConfig(
            image_size=sam.image_size,
            embedding_shape=sam.embedding_shape,
            preprocessing=request.preprocessing,
            architecture=request.architecture,
        ),
    )


def _preprocessing(request: FeaturesRequest) -> Preprocessing:
    value = request.config.get("preprocessing", "sam")
    if value == "sam":
        return "sam"
    if value == "medsam":
        return "medsam"
    raise JobFailed(FailureCode.MODEL_UNKNOWN, f"There is no preprocessing called {value!r}.")
