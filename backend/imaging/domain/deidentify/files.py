"""A file de-identified from its bytes to its bytes; what is not touched is written as it came."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom import dcmwrite
from pydicom import uid as uids
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info

from backend.imaging.domain import header as values
from backend.imaging.domain import sop_classes
from backend.imaging.domain.deidentify.engine import deidentify
from backend.imaging.domain.deidentify.policy import Policy
from backend.imaging.domain.deidentify.pseudonyms import Secret
from backend.imaging.domain.deidentify.report import Report
from backend.imaging.domain.rejections import Rejected
from ml_worker.pixels.whole_file import read_whole

# Limn's own name in file meta information: a UID of a fixed UUID under 2.25.
IMPLEMENTATION_UID = "2.25.40971195993567467460196604750444848475"
IMPLEMENTATION_NAME = "LIMN"


@dataclass(frozen=True)
class Deidentified:
    """The new data set, ready to be written, and what was done to it."""

    dataset: FileDataset
    report: Report

    def to_bytes(self) -> bytes:
        """Return the file."""
        return written(self.dataset)


def opened(source: Path | bytes) -> FileDataset:
    """Read a whole file; raises Rejected where it cannot be read."""
    try:
        return read_whole(source)
    except Exception:  # noqa: BLE001  pydicom raises whatever a damaged file makes it
        raise Rejected("imaging.unreadable") from None


def deidentified(source: Path | bytes, policy: Policy, secret: Secret) -> Deidentified:
    """Return a file without its identities; raises Rejected where that cannot be done."""
    return cleared(opened(source), source, policy, secret)


def cleared(
    dataset: FileDataset, source: Path | bytes, policy: Policy, secret: Secret
) -> Deidentified:
    """Take the identities out of a data set that was read from `source`, in place."""
    try:
        _refuse_what_is_none(dataset)
        if policy.applies and not dataset.get("SOPInstanceUID"):
            dataset.SOPInstanceUID = _own_uid(dataset, source)
        counts = deidentify(dataset, policy, secret)
    except Rejected:
        raise
    except Exception:  # noqa: BLE001  what cannot be de-identified does not come in
        raise Rejected("imaging.not_deidentified") from None
    if policy.applies:
        renew_meta(dataset)
    return Deidentified(dataset, counts)


def written(dataset: FileDataset) -> bytes:
    """Return the bytes of a data set with the meta information it has."""
    target = DicomBytesIO()
    syntax = uids.UID(str(dataset.file_meta.TransferSyntaxUID))
    try:
        if syntax.is_transfer_syntax:
            if dataset.original_encoding[0] != syntax.is_implicit_VR:
                _convert_all(dataset)
            dcmwrite(target, dataset, enforce_file_format=True)
        else:
            _write_explicit(target, dataset)
    except Exception:  # noqa: BLE001  whatever a damaged element makes pydicom raise
        raise Rejected("imaging.not_deidentified") from None
    return target.getvalue()


def _convert_all(dataset: Dataset) -> None:
    """Give every element its VR, for a file that was read otherwise than its syntax says."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                _convert_all(item)


def _write_explicit(target: DicomBytesIO, dataset: FileDataset) -> None:
    """Write a syntax that pydicom does not know yet; all of those are explicit, little endian."""
    target.is_little_endian, target.is_implicit_VR = True, False
    target.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(target, dataset.file_meta)
    write_dataset(target, dataset)


def _refuse_what_is_none(dataset: FileDataset) -> None:
    """Refuse, in the words of the parser, what would not come in anyway."""
    if not len(dataset):
        raise Rejected("imaging.unreadable")
    given = getattr(dataset, "file_meta", None) or Dataset()
    kind = str(dataset.get("SOPClassUID") or given.get("MediaStorageSOPClassUID") or "")
    if kind == sop_classes.DICOMDIR:
        raise Rejected("imaging.dicomdir")
    if not kind:
        raise Rejected("imaging.no_sop_class")


def _own_uid(dataset: FileDataset, source: Path | bytes) -> str:
    """Return the identifier of a file that gives none in its data set: its meta's, or its bytes'."""
    given = getattr(dataset, "file_meta", None) or Dataset()
    named = str(given.get("MediaStorageSOPInstanceUID") or "")
    if values.is_uid(named):
        return named
    content = source if isinstance(source, bytes) else source.read_bytes()
    return values.derived_uid("instance", hashlib.sha256(content).hexdigest())


def renew_meta(dataset: FileDataset, syntax: str = "") -> None:
    """Write file meta information of our own: nothing of the sender's, not even the preamble."""
    given = getattr(dataset, "file_meta", None) or Dataset()
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", "") or _of(
        given, "MediaStorageSOPClassUID"
    )
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "")
    meta.TransferSyntaxUID = uids.UID(
        syntax or str(_of(given, "TransferSyntaxUID") or _syntax(dataset))
    )
    meta.ImplementationClassUID = uids.UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    dataset.file_meta = meta
    dataset.preamble = b"\0" * 128


def _of(meta: Dataset, keyword: str) -> Any:  # noqa: ANN401  any value
    return meta.get(keyword, "")


def _syntax(dataset: FileDataset) -> str:
    """Return the transfer syntax by which a file without meta information was read."""
    implicit, little = dataset.original_encoding
    if implicit:
        return str(uids.ImplicitVRLittleEndian)
    return str(uids.ExplicitVRLittleEndian if little else uids.ExplicitVRBigEndian)
