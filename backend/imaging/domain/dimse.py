"""What DIMSE says back: status words of PS3.4 and PS3.7 for what became of a file."""

from collections.abc import Iterator, Sequence

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
# In the order in which they are chosen where a sender offers several for one kind of object.
SYNTAXES = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.203",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.100",
    "1.2.840.10008.1.2.4.102",
    "1.2.840.10008.1.2.4.103",
    "1.2.840.10008.1.2.4.107",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
)

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


def offers_of(classes: Sequence[str], most: int) -> Iterator[tuple[str, list[str]]]:
    """Yield presentation contexts, `most` at most, in which objects of these classes may be sent.

    Of several syntaxes in one context the sender takes one, whatever it has stored; so each has
    one of its own as far as there is room, and files come as they are stored.
    """
    alone = max(min(most // max(len(classes), 1), len(SYNTAXES)) - 1, 0)
    for each in classes:
        for syntax in SYNTAXES[:alone]:
            yield each, [syntax]
        yield each, list(SYNTAXES[alone:])
