"""One DICOM file read once: everything Limn keeps of it apart from the bytes themselves."""

import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydicom import dcmread
from pydicom import uid as uids
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileDataset

from backend.imaging.domain import codecs, served, sop_classes
from backend.imaging.domain import header as values
from backend.imaging.domain.dicom_json import Header, HeaderTooDeep, header_from
from backend.imaging.domain.frame_geometry import frames_from
from backend.imaging.domain.frame_index import (
    PixelElement,
    encapsulated_index,
    lookup,
    native_index,
    pack,
    read_pixel_element,
)
from backend.imaging.domain.mosaic import split_mosaic
from backend.imaging.domain.overlays import hides_overlays
from backend.imaging.domain.parsed import Parsed
from backend.imaging.domain.pixels import Pixels, pixels_from, table_bits
from backend.imaging.domain.plain_header import PlainHeader, read_plain
from backend.imaging.domain.references import references_from
from backend.imaging.domain.rejections import Rejected
from ml_worker.pixels import films

# Values longer than this are not read with the header (they are bulk data or sequences).
DEFER_BYTES = 1 << 16
LARGEST_HEADER_BYTES = 1 << 27
LARGEST_INFLATED_BYTES = 1 << 29
SHORTEST_FILE_BYTES = 16
HEAD_OF_FRAME = 1 << 12
_META_CLASS, _META_INSTANCE, _META_SYNTAX = 0x00020002, 0x00020003, 0x00020010
_DEFLATED = str(uids.DeflatedExplicitVRLittleEndian)


def looks_like_dicom(head: bytes, size: int) -> bool:
    """Tell from a file's first 132 bytes whether it plausibly is DICOM, with preamble or without."""
    if head[128:132] == b"DICM":
        return True
    if size < SHORTEST_FILE_BYTES or len(head) < 8:
        return False
    group, element = struct.unpack_from("<HH", head)
    if group == 0x0800:  # big endian without file meta information
        group, element = struct.unpack_from(">HH", head)
        return group == 0x0008 and element <= 0x0100 and head[4:6].isalpha()
    if group not in {0x0002, 0x0008} or element > 0x0100:
        return False
    (length,) = struct.unpack_from("<I", head, 4)
    return (head[4:6].isalpha() and head[4:6].isupper()) or length <= min(size, 1024)


def parse_file(path: Path) -> Parsed:
    """Read a file's header and index its frames; raises Rejected. Decodes nothing."""
    try:
        with path.open("rb") as file:
            return parse_open(file, path)
    except OSError:
        raise Rejected("imaging.vanished") from None


def parse_open(file: BinaryIO, path: Path) -> Parsed:
    """Read an open file that lies at `path`, from its beginning; raises Rejected."""
    file.seek(0)
    parsed = _parse(file, os.fstat(file.fileno()).st_size)
    split_mosaic(parsed, path)
    return parsed


def _parse(file: BinaryIO, size: int) -> Parsed:
    if size == 0:
        raise Rejected("imaging.empty")
    head = file.read(1024)
    if not looks_like_dicom(head, size):
        raise Rejected("imaging.not_dicom")
    _refuse_inflation(file, head)
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
        plain = read_plain(buffer)
        if plain is not None:
            return _parse_plain(plain, buffer)
    return _parse_other(file, size, head)


def _parse_plain(plain: PlainHeader, buffer: mmap.mmap) -> Parsed:
    meta = {tag: plain.meta.get(tag, "") for tag in (_META_CLASS, _META_INSTANCE, _META_SYNTAX)}
    syntax = meta[_META_SYNTAX]
    if not values.is_uid(syntax):
        implicit = uids.ImplicitVRLittleEndian
        syntax = str(implicit if plain.is_implicit else uids.ExplicitVRLittleEndian)
    parsed = _identify(plain.header, meta[_META_CLASS], meta[_META_INSTANCE], syntax)
    with _telling(parsed):
        _add_pixels(parsed, buffer, plain.end, little=True)
        _refuse_missing_pixels(parsed)
    return parsed


def _parse_other(file: BinaryIO, size: int, head: bytes) -> Parsed:
    """Parse a file that is not written by the book, with pydicom."""
    file.seek(0)
    dataset = _read(file)
    end_of_header = file.tell()
    last = next(reversed(list(dataset.values())), None)  # before anything is converted in place
    try:
        header = header_from(dataset)
    except (HeaderTooDeep, RecursionError):
        raise Rejected("imaging.unreadable") from None
    if not len(dataset):
        raise Rejected("imaging.header_cut")
    meta_class, meta_instance = _meta_uid(dataset, _META_CLASS), _meta_uid(dataset, _META_INSTANCE)
    parsed = _identify(header, meta_class, meta_instance, _syntax(dataset))
    with _telling(parsed):
        if _is_deflated(head):
            _add_deflated_pixels(parsed, file)
        else:
            _refuse_cut_header(last, file, size)
            little = dataset.original_encoding[1] is not False
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
                _add_pixels(parsed, buffer, end_of_header, little=little)
        _refuse_missing_pixels(parsed)
    return parsed


@contextmanager
def _telling(parsed: Parsed) -> Iterator[None]:
    """Let a refusal say which instance it is about."""
    try:
        yield
    except Rejected as refusal:
        refusal.sop_uid, refusal.sop_class_uid = parsed.given_sop_uid, parsed.sop_class_uid
        raise


def _refuse_missing_pixels(parsed: Parsed) -> None:
    if parsed.pixels is None and not parsed.remarks and sop_classes.is_image(parsed.sop_class_uid):
        raise Rejected("imaging.no_pixel_data")


def _read(file: BinaryIO) -> FileDataset:
    dataset = _dcmread(file, defer_size=DEFER_BYTES)
    if not any(_is_deferred_sequence(element) for element in dataset.values()):
        return dataset
    if file.tell() > LARGEST_HEADER_BYTES:
        raise Rejected("imaging.header_too_large")
    file.seek(0)
    return _dcmread(file, defer_size=None)


def _dcmread(
    file: BinaryIO, *, defer_size: int | None, stop_before_pixels: bool = True
) -> FileDataset:
    try:
        return dcmread(
            file, stop_before_pixels=stop_before_pixels, force=True, defer_size=defer_size
        )
    except Exception:  # noqa: BLE001  pydicom raises whatever a damaged file makes it
        raise Rejected("imaging.unreadable") from None


def _is_deferred_sequence(element: object) -> bool:
    if not isinstance(element, RawDataElement) or element.value is not None or not element.length:
        return False
    return element.VR in {None, "SQ", "UN"}


def _is_deflated(head: bytes) -> bool:
    return head[128:132] == b"DICM" and _DEFLATED.encode() in head


def _refuse_inflation(file: BinaryIO, head: bytes) -> None:
    """Refuse a deflated data set that unpacks to more than memory should hold."""
    if not _is_deflated(head):
        return
    (meta_length,) = struct.unpack_from("<I", head, 140)
    file.seek(144 + meta_length)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = 0
    try:
        while not inflater.eof and (chunk := inflater.unconsumed_tail or file.read(1 << 16)):
            inflated += len(inflater.decompress(chunk, 1 << 20))
            if inflated > LARGEST_INFLATED_BYTES:
                raise Rejected("imaging.zip_bomb", why="deflated data set")
    except zlib.error:
        raise Rejected("imaging.unreadable") from None


def _identify(header: Header, meta_class: str, meta_sop_uid: str, syntax: str) -> Parsed:
    if meta_class == sop_classes.DICOMDIR:
        raise Rejected("imaging.dicomdir")
    sop_class = values.first_uid([values.text(header, "00080016", 64), meta_class])
    if not sop_class:
        raise Rejected("imaging.no_sop_class")
    return Parsed(
        header=header,
        meta_sop_uid=meta_sop_uid,
        sop_class_uid=sop_class,
        transfer_syntax_uid=syntax,
        references=references_from(header, sop_class),
    )


def _meta_uid(dataset: FileDataset, tag: int) -> str:
    """Return a UID of the file meta information, straight from its bytes where it still is that."""
    meta = getattr(dataset, "file_meta", None)
    if meta is None or tag not in meta:
        return ""
    try:
        value = meta.get_item(tag).value
    except Exception:  # noqa: BLE001  pydicom raises whatever a damaged element makes it
        return ""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
    return text.strip("\0 ")


def _syntax(dataset: FileDataset) -> str:
    """Return the transfer syntax; for a file that names none, the one it was read by."""
    named = _meta_uid(dataset, _META_SYNTAX)
    if values.is_uid(named):
        return named
    implicit, little = dataset.original_encoding
    if implicit:
        return str(uids.ImplicitVRLittleEndian)
    return str(uids.ExplicitVRLittleEndian if little else uids.ExplicitVRBigEndian)


def _refuse_cut_header(last: object, file: BinaryIO, size: int) -> None:
    """Refuse a file that ends inside its last element."""
    if isinstance(last, RawDataElement):
        if last.length != 0xFFFFFFFF and last.value_tell + last.length > size:
            raise Rejected("imaging.header_cut")
    elif getattr(last, "is_undefined_length", False) and file.tell() == size:
        file.seek(-8, 2)
        if file.read(8) not in {b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff\xfe\xe0\xdd\0\0\0\0"}:
            raise Rejected("imaging.header_cut")


def _add_deflated_pixels(parsed: Parsed, file: BinaryIO) -> None:
    file.seek(0)
    dataset = _dcmread(file, defer_size=None, stop_before_pixels=False)
    if "PixelData" not in dataset:
        return
    parsed.pixels = pixels_from(parsed.header, is_float=False)
    if len(dataset.PixelData) * 8 < parsed.pixels.frame_bits * parsed.pixels.frames:
        raise Rejected("imaging.truncated")
    parsed.frame_index = pack([(0, 0)] * parsed.pixels.frames)
    _describe(parsed, b"")


def _add_pixels(parsed: Parsed, buffer: mmap.mmap, offset: int, *, little: bool) -> None:
    element = read_pixel_element(buffer, offset, little=little)
    if element is None or element.length == 0:
        return
    is_film = parsed.transfer_syntax_uid in films.VIDEO
    if is_film and not films.can_decode():
        parsed.remarks.append(films.NOT_SHOWN)
        return
    pixels = pixels_from(parsed.header, is_float=element.tag != 0x7FE00010)
    parsed.pixels = pixels
    if is_film:
        parsed.frame_index = pack([(0, 0)] * pixels.frames)
        _describe(parsed, b"")
        return
    parsed.frame_index = _index(parsed, element, pixels, buffer)
    first = lookup(parsed.frame_index, 1)
    _describe(parsed, bytes(buffer[first[0] : first[0] + HEAD_OF_FRAME]) if first else b"")


def _index(parsed: Parsed, element: PixelElement, pixels: Pixels, buffer: mmap.mmap) -> bytes:
    if element.is_encapsulated == (parsed.transfer_syntax_uid in codecs.NATIVE):
        raise Rejected("imaging.syntax_unknown")
    if not element.is_encapsulated:
        return native_index(element, pixels, len(buffer))
    return encapsulated_index(buffer, element, pixels.frames)


def _describe(parsed: Parsed, first_bytes: bytes) -> None:
    pixels = parsed.pixels
    if pixels is None:
        return
    syntax = parsed.transfer_syntax_uid
    codecs.refuse_undecodable(syntax, pixels, first_bytes)
    parsed.frames, transforms = frames_from(parsed.header, pixels.frames, parsed.sop_class_uid)
    bits = table_bits(parsed.header)
    is_whole = bits is None and not hides_overlays(parsed.header)
    exact = is_whole and bool(first_bytes) and served.is_exact(syntax, pixels, first_bytes)
    described = served.describe(pixels, exact=exact)
    parsed.pixel_module = {
        "exact": exact,
        "bits_allocated": pixels.bits_allocated,
        "bits_stored": pixels.bits_stored,
        "served": described if bits is None else served.through_table(described, bits),
        "values": transforms,
    }
