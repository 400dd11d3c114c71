"""Files that are not DICOM, on arrival: their bytes are kept until the delivery is complete."""

from backend.core.blobs import blob_store, file_chunks
from backend.core.drafts import StorageFull
from backend.imaging.domain.convert.kinds import kind_of
from backend.imaging.domain.deidentify.policy import Policy
from backend.imaging.domain.rejections import Rejected
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.rows import Fate
from ml_worker.contract.messages import BlobRef

NOT_DICOM = "imaging.not_dicom"
WAITS = "imaging.waits"
INDEX = "imaging.dicomdir"


def may_wait(incoming: Incoming, policy: Policy | None) -> bool:
    """Tell whether a file that is not DICOM can be converted and may lie on the disk until then."""
    if policy is not None and policy.memory_only:
        return False
    try:
        return kind_of(incoming.name, incoming.path) is not None
    except OSError:
        return False


def foreign_fate(incoming: Incoming, refusal: Rejected, policy: Policy | None) -> Fate:
    """Return what becomes of a file that was refused as DICOM: it waits if it can be converted.

    What becomes of it goes through the policy then; where nothing may touch the disk it cannot
    wait. An index of files is compared with what has come when the delivery is complete.
    """
    if refusal.code == INDEX:
        return _index_fate(incoming, refusal, under_policy=policy is not None)
    if refusal.code != NOT_DICOM:
        return Fate.refused(refusal)
    if not may_wait(incoming, policy):
        off_disk = policy is not None and policy.memory_only and may_wait(incoming, None)
        return Fate.refused(Rejected("imaging.policy_takes_dicom") if off_disk else refusal)
    try:
        blob = _keep(incoming)
    except StorageFull as full:
        return Fate.refused(Rejected("imaging.storage_full", why=full.detail))
    except OSError:
        return Fate.refused(Rejected("imaging.vanished"))
    word = Rejected(WAITS)
    return Fate("waiting", word.code, word.reason, word.next_step, sha256=blob.sha256)


def _index_fate(incoming: Incoming, refusal: Rejected, *, under_policy: bool) -> Fate:
    """Keep an index until its delivery is complete; under a policy its names are not kept."""
    word = Rejected("imaging.dicomdir_unread") if under_policy else refusal
    sha256 = ""
    if not under_policy:
        try:
            sha256 = _keep(incoming).sha256
        except (StorageFull, OSError):
            word = Rejected("imaging.dicomdir_unread")
    return Fate("kept", word.code, word.reason, word.next_step, sha256=sha256)


def _keep(incoming: Incoming) -> BlobRef:
    if incoming.draft is not None:
        return blob_store().keep(incoming.draft)
    with incoming.path.open("rb") as file:
        return blob_store().put(file_chunks(file))
