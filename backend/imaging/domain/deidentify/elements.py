"""Elements read without converting more than is needed."""

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset


def tags_of(dataset: Dataset) -> list[int]:
    """Return the tags in order; a copy, so that elements may go meanwhile.

    They are the data set's own keys, which it finds again without making and comparing new tags.
    """
    return sorted(dataset.keys(), key=int)


def vr_of(dataset: Dataset, tag: int) -> str:
    """Return an element's VR without converting its value; UN and none by the dictionary."""
    element: object = dataset.get_item(tag)
    if isinstance(element, RawDataElement):
        vr = element.VR or "UN"
        if vr == "UN" and dictionary_has_tag(tag):
            vr = dictionary_VR(tag)
        if vr != "UN" and " or " not in vr:
            return vr
    return str(dataset[tag].VR)


def values_of(element: DataElement) -> list[object]:
    """Return the values of an element as a list; empty where there is none."""
    if element.is_empty:
        return []
    return list(element.value) if element.VM > 1 else [element.value]


def text_of(dataset: Dataset, tag: int) -> str:
    """Return an element's value as text; empty where it is absent or damaged."""
    try:
        return str(dataset[tag].value or "").strip("\0 ") if tag in dataset else ""
    except Exception:  # noqa: BLE001  whatever a damaged element makes pydicom raise
        return ""
