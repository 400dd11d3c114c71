"""What a file that is not DICOM is, by its first bytes and only then by its name."""

from enum import StrEnum
from pathlib import Path

from backend.imaging.domain.convert.scratch import head_of, is_gzip
from backend.imaging.domain.convert.signatures import (
    is_analyze,
    is_avi,
    is_metaimage,
    is_mp4,
    is_nifti,
    is_nrrd,
)
from backend.imaging.domain.rejections import Rejected

HEAD_BYTES = 1024


class Kind(StrEnum):
    """Kinds of files that a delivery may bring beside DICOM."""

    NIFTI = "nifti"
    ANALYZE = "analyze"
    NRRD = "nrrd"
    METAIMAGE = "metaimage"
    PICTURE = "picture"
    TIFF = "tiff"
    VIDEO = "video"
    PART = "part"
    SIDE = "side"


IMAGES = frozenset(Kind) - {Kind.PART, Kind.SIDE}
PACKED = frozenset({Kind.NIFTI, Kind.ANALYZE})
# Data that has its header in another file; it has no magic of its own.
PART_ENDINGS = (".raw", ".zraw", ".img", ".raw.gz", ".img.gz", ".bin")
DIRECTIONS = (".bvec", ".bvecs")
DIFFUSION_ENDINGS = (".bval", ".bvals", *DIRECTIONS)
SIDE_ENDINGS = (".json", ".csv", ".tsv", *DIFFUSION_ENDINGS)
LARGEST_SIDE_FILE = 64 << 20
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def kind_of(name: str, path: Path) -> Kind | None:
    """Return what a file is; None for anything that Limn has no use for."""
    lower = name.lower()
    if lower.endswith(SIDE_ENDINGS):
        return Kind.SIDE
    try:
        head = head_of(path, HEAD_BYTES)
    except Rejected:
        return Kind.NIFTI if lower.endswith((".nii.gz", ".hdr.gz")) else None
    found = _volume_kind(head) or _picture_kind(head)
    if found not in PACKED and is_gzip(path):
        found = None  # only these are ever sent packed as a whole
    if found is None and lower.endswith(PART_ENDINGS):
        return Kind.PART
    return found


def _volume_kind(head: bytes) -> Kind | None:
    if is_nifti(head):
        return Kind.NIFTI
    if is_nrrd(head):
        return Kind.NRRD
    if is_metaimage(head):
        return Kind.METAIMAGE
    return Kind.ANALYZE if is_analyze(head) else None


def _picture_kind(head: bytes) -> Kind | None:
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    is_bmp = head[:2] == b"BM" and head[6:10] == bytes(4)
    if head.startswith(_PICTURES) or is_webp or is_bmp:
        return Kind.PICTURE
    if head.startswith(_TIFFS):
        return Kind.TIFF
    return Kind.VIDEO if is_mp4(head) or is_avi(head) else None
