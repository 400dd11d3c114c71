"""Features that are there already. Who may see the image may have its features."""

from collections.abc import Iterable
from uuid import UUID

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.models import Instance
from backend.imaging.selectors import studies_visible_to
from backend.inference.models import FeatureBlob


def features_known(*, version_id: UUID, keys: Iterable[str], window: str) -> dict[str, str]:
    """Return the hashes of the features that are there, by frame key."""
    rows = FeatureBlob.objects.filter(
        version_id=version_id, frame_key__in=list(keys), window=window
    )
    return dict(rows.values_list("frame_key", "sha256"))


def feature_blob_sha(*, actor: Actor, sha256: str) -> str:
    """Return the hash if it is of features of an image the actor may see."""
    keys = FeatureBlob.objects.filter(sha256=sha256).values_list("frame_key", flat=True)
    instances = {int(key.partition(".")[0]) for key in keys}
    visible = Instance.objects.filter(
        pk__in=instances, series__study__in=studies_visible_to(actor=actor)
    )
    if not visible.exists():
        raise NotFound("There are no such features.")
    return sha256
