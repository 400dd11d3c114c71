"""What DIMSE says back: status words of PS3.4 and PS3.7 for what became of a file."""

from pydicom.dataset import Dataset

SUCCESS = 0x0000
PENDING = 0xFF00
CANCELLED = 0xFE00
NOT_AUTHORISED = 0x0124
PROCESSING_FAILURE = 0x0110
OUT_OF_RESOURCES = 0xA700
NOT_OF_ITS_CLASS = 0xA900
NOT_UNDERSTOOD = 0xC000
KEPT_ASIDE = 0xB000  # a warning: the file is safe, but a person decides about it
LONGEST_COMMENT = 64

_OF_CODE = {
    "imaging.storage_full": OUT_OF_RESOURCES,
    "imaging.too_large": OUT_OF_RESOURCES,
    "imaging.vanished": PROCESSING_FAILURE,
    "imaging.internal": PROCESSING_FAILURE,
    "imaging.study_taken": NOT_AUTHORISED,
    "imaging.no_sop_class": NOT_OF_ITS_CLASS,
    "imaging.no_pixel_data": NOT_OF_ITS_CLASS,
    "imaging.bad_pixel_module": NOT_OF_ITS_CLASS,
    "imaging.absurd_size": NOT_OF_ITS_CLASS,
}


def status_of(outcome: str, code: str) -> int:
    """Return the status of a C-STORE: success only for what is stored and will be found."""
    if outcome in {"stored", "duplicate"}:
        return SUCCESS
    if outcome == "quarantined":
        return KEPT_ASIDE
    return _OF_CODE.get(code, NOT_UNDERSTOOD)


def status_with(status: int, reason: str) -> Dataset:
    """Return a status with its reason in words."""
    answer = Dataset()
    answer.Status = status
    answer.ErrorComment = comment_of(reason)
    return answer


def comment_of(reason: str) -> str:
    """Return a reason as an Error Comment (0000,0902): plain characters, at most 64."""
    plain = reason.encode("ascii", "replace").decode().replace("\\", "/")
    return plain if len(plain) <= LONGEST_COMMENT else f"{plain[: LONGEST_COMMENT - 3]}..."
