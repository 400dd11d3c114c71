"""What a file's first bytes say it is. No library of any format is needed to ask."""

import re

_ANALYZE_BYTES = 348


def is_nifti(head: bytes) -> bool:
    """Tell a NIfTI header, single or of a pair, by its magic."""
    return head[344:347] in {b"n+1", b"ni1"} or head[4:7] in {b"n+2", b"ni2"}


def is_analyze(head: bytes) -> bool:
    """Tell an Analyze header: its length is said at its start, and it has the extents mark."""
    if len(head) < _ANALYZE_BYTES or is_nifti(head):
        return False
    return any(
        int.from_bytes(head[:4], order) == _ANALYZE_BYTES
        and 1 <= int.from_bytes(head[40:42], order) <= 7
        for order in ("little", "big")
    )


def is_nrrd(head: bytes) -> bool:
    """Tell a NRRD by its magic."""
    return head.startswith(b"NRRD000")


def is_metaimage(head: bytes) -> bool:
    """Tell a MetaImage by its first words."""
    return re.match(rb"\s*(ObjectType|NDims|Comment)\s*=", head) is not None and b"NDims" in head


def is_mp4(head: bytes) -> bool:
    """Tell an MP4 or QuickTime file by its first box."""
    return head[4:8] == b"ftyp" and head[8:12] not in {b"avif", b"avis", b"heic", b"heix", b"mif1"}


def is_avi(head: bytes) -> bool:
    """Tell an AVI."""
    return head[:4] == b"RIFF" and head[8:12] == b"AVI "
