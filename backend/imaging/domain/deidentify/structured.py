"""Sequences that the profile replaces as a whole, by the shortest content that is valid."""

from pydicom.dataset import Dataset

from backend.imaging.domain.deidentify.values import REMOVED

_CONTENT, _GRAPHICS = 0x0040A730, 0x00700001
# Persons and institutions as codes: one item that names nobody.
_CODES = frozenset({0x00080082, 0x00401101})


def dummy_items(tag: int) -> list[Dataset] | None:
    """Return what a sequence becomes: items of ours, none (out with its module), or None.

    None means that its items are to be gone through: they carry nothing but what the table names.
    """
    if tag == _CONTENT:
        return [_content()]
    if tag == _GRAPHICS:
        return []
    return [_code()] if tag in _CODES else None


def _code(meaning: str = "Removed") -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = REMOVED, "99LIMN", meaning
    return code


def _content() -> Dataset:
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "TEXT"
    item.ConceptNameCodeSequence = [_comment()]
    item.TextValue = REMOVED
    return item


def _comment() -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "121106", "DCM", "Comment"
    return code
