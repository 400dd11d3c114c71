"""Private attributes: which creator each belongs to, and whether the standard lists it as safe."""

from collections.abc import Collection

from pydicom.dataset import Dataset

from backend.imaging.domain.deidentify.elements import tags_of, text_of
from backend.imaging.domain.deidentify.standard import safe_private

Blocks = dict[tuple[int, int], str]


def blocks(dataset: Dataset) -> Blocks:
    """Return the private creators of a data set by (group, block)."""
    return {
        (tag >> 16, tag & 0xFFFF): text_of(dataset, tag)
        for tag in tags_of(dataset)
        if tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF
    }


def is_creator(tag: int, creators: Blocks) -> bool:
    """Tell whether this element only reserves a block."""
    return (tag >> 16, tag & 0xFFFF) in creators


def is_safe(tag: int, creators: Blocks) -> bool:
    """Tell whether the standard lists this attribute of this creator as safe."""
    group, element = tag >> 16, tag & 0xFFFF
    return (creators.get((group, element >> 8), ""), group, element & 0xFF) in safe_private()


def empty_blocks(tags: Collection[int]) -> list[int]:
    """Return the creators among these tags that reserve a block in which nothing is."""
    own = [tag for tag in tags if tag >> 16 & 1]
    used = {(tag >> 16, tag >> 8 & 0xFF) for tag in own if tag & 0xFF00}
    return [tag for tag in own if tag & 0xFFFF <= 0xFF and (tag >> 16, tag & 0xFFFF) not in used]
