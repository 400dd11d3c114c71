"""An ordinary DICOM file cut into the bytes of its elements, and put together again."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO

from pydicom import uid as uids
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_data_element

from backend.imaging.domain.frame_index import read_fragments, read_pixel_element
from backend.imaging.domain.plain_elements import UNDEFINED, PlainElements, read_elements
from backend.imaging.domain.rejections import Rejected

_SYNTAX = 0x00020010
_CLOSING = b"\xfe\xff\xdd\xe0\0\0\0\0"


@dataclass(frozen=True)
class Pieces:
    """The elements before the pixels by tag, in order, each with its head; `tail` is the rest."""

    elements: dict[int, bytes]
    vrs: dict[int, str]
    tail: memoryview
    syntax: uids.UID

    @property
    def is_implicit(self) -> bool:
        """Tell whether the elements carry no VR."""
        return self.syntax.is_implicit_VR

    def some(self, tags: Iterable[int]) -> dict[int, bytes]:
        """Return those of these elements that are there."""
        return {tag: self.elements[tag] for tag in tags if tag in self.elements}


def pieces_of(content: bytes) -> Pieces | None:
    """Cut a file that was written by the book; None for any other, trailing bytes included."""
    plain = read_elements(content)
    if plain is None:
        return None
    syntax = uids.UID(plain.meta[_SYNTAX])
    elements = _cut(content, plain)
    if elements is None or not syntax.is_transfer_syntax or not _ends_with_pixels(content, plain):
        return None
    vrs = {tag: element[0] for tag, element in plain.elements.items()}
    return Pieces(elements, vrs, memoryview(content)[plain.end :], syntax)


def _cut(content: bytes, plain: PlainElements) -> dict[int, bytes] | None:
    """Return the bytes of each element; None where they are out of order or do not fit together."""
    tags = list(plain.elements)
    starts = [plain.elements[tag][1] - plain.head_bytes(tag) for tag in tags]
    ends = [*starts[1:], plain.end]
    if starts[0] != plain.start or tags != sorted(tags):
        return None
    for tag, end in zip(tags, ends, strict=True):
        _, offset, length, _ = plain.elements[tag]
        if length != UNDEFINED and offset + length != end:
            return None
    return {tag: content[start:end] for tag, start, end in zip(tags, starts, ends, strict=True)}


def _ends_with_pixels(content: bytes, plain: PlainElements) -> bool:
    """Tell whether the pixels, encoded as the syntax says, are all that follows."""
    if plain.end == len(content):
        return True
    element = read_pixel_element(content, plain.end, little=True)
    compressed = uids.UID(plain.meta[_SYNTAX]).is_compressed
    if element is None or element.is_encapsulated != compressed:
        return False
    if not compressed:
        return element.length % 2 == 0 and element.value_offset + element.length == len(content)
    try:
        _, fragments = read_fragments(content, element.value_offset)
    except Rejected:
        return False
    last = fragments[-1] if fragments else None
    return last is not None and content[last.offset + last.length :] == _CLOSING


def dataset_of(elements: Mapping[int, bytes], *, is_implicit: bool) -> Dataset:
    """Read elements, of any order, as a data set of their own."""
    joined = b"".join(elements[tag] for tag in sorted(elements))
    dataset = read_dataset(BytesIO(joined), is_implicit, is_little_endian=True)
    dataset.set_original_encoding(is_implicit, True, dataset._character_set)  # noqa: SLF001, FBT003  as pydicom does for files
    return dataset


def bytes_of(dataset: Dataset, tag: int, *, is_implicit: bool) -> bytes:
    """Write one element; nothing where it is not there."""
    if tag not in dataset:
        return b""
    target = DicomBytesIO()
    target.is_implicit_VR, target.is_little_endian = is_implicit, True
    write_data_element(
        target, dataset.get_item(tag), dataset.get("SpecificCharacterSet", "iso8859")
    )
    return target.getvalue()


def value_of(element: bytes) -> str:
    """Return the value of a short element of text, a UID say: its head is eight bytes either way."""
    return element[8:].decode("ascii", "replace").strip("\0 ")


def meta_of(sop_class: str, sop_uid: str, syntax: str, implementation: tuple[str, str]) -> bytes:
    """Return preamble and file meta information (PS3.10 7.1), the sender's in no part."""
    uid, name = implementation
    values = [(0x02, sop_class), (0x03, sop_uid), (0x10, syntax), (0x12, uid)]
    body = struct.pack("<HH2sHI", 2, 1, b"OB", 0, 2) + b"\0\1"
    for element, value in values:
        text = value.encode("ascii")
        text += b"\0" * (len(text) % 2)
        body += struct.pack("<HH2sH", 2, element, b"UI", len(text)) + text
    text = name.encode("ascii")
    text += b" " * (len(text) % 2)
    body += struct.pack("<HH2sH", 2, 0x13, b"SH", len(text)) + text
    return b"\0" * 128 + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(body)) + body
