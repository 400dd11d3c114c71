"""Collects the words by which a file identifies people, before they are removed from it."""

from collections.abc import Iterator

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from backend.imaging.domain.deidentify.elements import tags_of, values_of, vr_of

# Numbers and places that identify the patient, the visit or the request.
_NUMBERS = frozenset(
    {
        0x00080050, 0x00100020, 0x00100021, 0x00101000, 0x00101001, 0x00101040, 0x00101050,
        0x00101090, 0x00102154, 0x00102155, 0x00102297, 0x00102299, 0x00321060, 0x00380010,
        0x00380060, 0x00380062, 0x00380300, 0x00400300, 0x00401001, 0x00402016, 0x00402017,
        0x00120040, 0x00120042,
    }
)  # fmt: skip
_PLACES = frozenset({0x00080080, 0x00080081, 0x00081010, 0x00081040, 0x00400241, 0x00400243})
_BIRTH_DATE = 0x00100030
_ALWAYS = _NUMBERS | _PLACES | {_BIRTH_DATE}
_DEEPEST = 32
# Of an unknown VR the dictionary may say that it is a name, or a sequence.
_NAMING_VRS = frozenset({"PN", "SQ", "UN"})


def gathered(dataset: Dataset, *, with_dates: bool) -> tuple[list[str], list[str]]:
    """Return the names in a data set, and the numbers and (with `with_dates`) dates and places."""
    names: list[str] = []
    numbers: list[str] = []
    for element in _elements(dataset, 0):
        texts = [str(text) for text in values_of(element)]
        tag = int(element.tag)
        if element.VR == "PN":
            names += texts
        elif tag in _NUMBERS or (tag in _PLACES and with_dates):
            numbers += texts
        elif tag == _BIRTH_DATE:
            numbers += [form for text in texts for form in _written(text)]
    return names, numbers


def _elements(dataset: Dataset, depth: int) -> Iterator[DataElement]:
    """Yield the elements that name somebody, at every depth; a damaged one is passed over."""
    if depth > _DEEPEST:
        return
    for tag in tags_of(dataset):
        element = _of_interest(dataset, tag)
        if element is not None and element.VR == "SQ":
            for item in element.value:
                yield from _elements(item, depth + 1)
        elif element is not None:
            yield element


def may_name(tag: int, vr: str) -> bool:
    """Tell whether an element of this tag and VR, as the file gives it, can name somebody."""
    return tag in _ALWAYS or vr in _NAMING_VRS


def _of_interest(dataset: Dataset, tag: int) -> DataElement | None:
    try:
        if tag in _ALWAYS or vr_of(dataset, tag) in {"PN", "SQ"}:
            return dataset[tag]
    except Exception:  # noqa: BLE001  a damaged element makes pydicom raise whatever
        return None
    return None


def _written(date: str) -> list[str]:
    """Return the ways in which people write this date."""
    if len(date) != 8 or not date.isdigit():
        return [date] if date else []
    year, month, day = date[:4], date[4:6], date[6:]
    return [
        date,
        *(f"{year}{mark}{month}{mark}{day}" for mark in "-./"),
        *(f"{day}{mark}{month}{mark}{year}" for mark in "-./"),
        *(f"{month}{mark}{day}{mark}{year}" for mark in "-./"),
    ]
