"""The bytes of a batch made durable: all of them together, each told what became of it."""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from backend.core.blobs import BlobMissing, blob_store, file_chunks, kept
from backend.core.drafts import Draft, StorageFull
from backend.imaging.domain.parsed import Parsed
from backend.imaging.domain.rejections import Rejected
from backend.imaging.domain.same_image import is_same_image
from backend.imaging.selectors.frames import local_file
from backend.imaging.services.incoming import Incoming
from ml_worker.contract.messages import BlobRef

_COPIERS = 4
Kept = BlobRef | Rejected


def batch_keep(
    batch: Sequence[Incoming], parsed: Mapping[int, Parsed], known: Mapping[str, str]
) -> tuple[dict[int, Kept], set[int]]:
    """Make the bytes of a batch objects; return by place where they are, or why they are not kept.

    Returned with it are the places whose bytes were there already. `known` holds the hashes of stored instances by their UID: of the same file only the hash is
    taken, and another one is kept only if it shows another image.
    """

    def begin(place: int) -> Draft | Kept:
        return _begun(batch[place], known.get(parsed[place].given_sop_uid))

    places = list(parsed)
    if all(batch[place].draft is not None for place in places):
        begun = [begin(place) for place in places]
    else:
        with ThreadPoolExecutor(max_workers=_COPIERS) as pool:
            begun = list(pool.map(begin, places))
    fates = iter(blob_store().keep_all([each for each in begun if isinstance(each, Draft)]))
    found = (next(fates) if isinstance(each, Draft) else each for each in begun)
    fates_by_place = {
        place: _full(each) if isinstance(each, StorageFull) else each
        for place, each in zip(places, found, strict=True)
    }
    there = set()
    for place, each in zip(places, begun, strict=True):
        if isinstance(each, BlobRef) or (isinstance(each, Draft) and each.was_there):
            there.add(place)
        if isinstance(each, Draft) and each is not batch[place].draft:
            each.discard()
    return fates_by_place, there


def file_keep(incoming: Incoming) -> BlobRef:
    """Make the bytes of one file an object; raises StorageFull."""
    if incoming.draft is None:
        return blob_store().keep(_copied(incoming))
    return kept(blob_store().keep_all([incoming.draft])[0])


def _begun(incoming: Incoming, stored: str | None) -> Draft | Kept:
    """Return a file as a draft that is to be kept, or what is known of it already."""
    try:
        known = None if stored is None else _beside(incoming, stored)
        return known or incoming.draft or _copied(incoming)
    except StorageFull as full:
        return _full(full)
    except OSError:
        return Rejected("imaging.vanished")


def _beside(incoming: Incoming, stored: str) -> Kept | None:
    """Return what becomes of a file beside a stored one of its UID; None where it is kept too."""
    ref = incoming.draft.ref if incoming.draft is not None else _hashed(incoming)
    if stored == ref.sha256:
        return ref
    try:
        is_same = is_same_image(incoming.path, local_file(stored))
    except BlobMissing:  # the stored one is lost: nobody can compare
        return None
    return Rejected("imaging.same_image") if is_same else None


def _full(full: StorageFull) -> Rejected:
    return Rejected("imaging.storage_full", why=full.detail)


def _copied(incoming: Incoming) -> Draft:
    draft = blob_store().draft()
    try:
        with incoming.path.open("rb") as file:
            for chunk in file_chunks(file):
                draft.write(chunk)
    except BaseException:
        draft.discard()
        raise
    draft.flush_soon()
    return draft


def _hashed(incoming: Incoming) -> BlobRef:
    digest = hashlib.sha256()
    size = 0
    with incoming.path.open("rb") as file:
        for chunk in file_chunks(file):
            digest.update(chunk)
            size += len(chunk)
    return BlobRef(sha256=digest.hexdigest(), size=size)
