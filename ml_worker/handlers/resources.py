"""What handlers share: where bytes lie, what computes, which networks are loaded."""

from dataclasses import dataclass, field

import torch
from monai.networks.nets.unet import UNet

from ml_worker.blobs import BlobMissing, BlobStore
from ml_worker.contract.messages import BlobRef, FailureCode, Preprocessing
from ml_worker.failures import JobFailed
from ml_worker.models.cache import NetworkCache
from ml_worker.models.sam import CheckpointInvalid, LoadedSam, load_sam
from ml_worker.models.unet2d import UNetConfig, WeightsInvalid, load_unet
from ml_worker.volumes import VolumeCache

KEPT_NETWORKS = 3
ADD_A_MODEL = "Add it again with `manage.py model add`."


@dataclass(frozen=True)
class Resources:
    """One of these a process."""

    blobs: BlobStore
    volumes: VolumeCache
    device: torch.device
    sams: NetworkCache[LoadedSam] = field(default_factory=lambda: NetworkCache(KEPT_NETWORKS))
    unets: NetworkCache[tuple[UNet, UNetConfig]] = field(
        default_factory=lambda: NetworkCache(KEPT_NETWORKS)
    )

    def sam(
        self, ref: BlobRef, architecture: str | None, preprocessing: Preprocessing
    ) -> LoadedSam:
        """Return an interactive model on the device."""

        def load() -> LoadedSam:
            try:
                loaded = load_sam(
                    self.weights(ref), architecture=architecture, preprocessing=preprocessing
                )
            except CheckpointInvalid as error:
                raise JobFailed(FailureCode.MODEL_UNKNOWN, f"{error} {ADD_A_MODEL}") from error
            loaded.network.to(self.device)
            return loaded

        return self.sams.get(f"{ref.sha256}/{architecture}/{preprocessing}", load)

    def unet(self, ref: BlobRef) -> tuple[UNet, UNetConfig]:
        """Return a segmentation network on the device, with its configuration."""

        def load() -> tuple[UNet, UNetConfig]:
            try:
                network, config = load_unet(self.weights(ref))
            except WeightsInvalid as error:
                raise JobFailed(FailureCode.MODEL_UNKNOWN, str(error)) from error
            return network.to(self.device), config

        return self.unets.get(ref.sha256, load)

    def weights(self, ref: BlobRef) -> bytes:
        """Return the bytes of a weights file."""
        try:
            return self.blobs.read(ref)
        except BlobMissing as error:
            detail = f"The weights of this model are not in the blob store. {ADD_A_MODEL}"
            raise JobFailed(FailureCode.WEIGHTS_MISSING, detail) from error

    def forget(self) -> None:
        """Let go of all networks, when memory ran out."""
        self.sams.clear()
        self.unets.clear()
