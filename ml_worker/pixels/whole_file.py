"""A file read whole by pydicom, pixels included; one that lacks its last eight bytes, too."""

from io import BytesIO
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import FileDataset

# Ends encapsulated pixel data. Files are cut off just before it, and all frames are there.
_CLOSING = b"\xfe\xff\xdd\xe0\0\0\0\0"


def read_whole(source: Path | bytes) -> FileDataset:
    """Read a file; raises whatever pydicom does.

    Of pixel data without an end pydicom gives back nothing at all, and no header either.
    """
    dataset = dcmread(BytesIO(source) if isinstance(source, bytes) else source, force=True)
    if len(dataset):
        return dataset
    content = source if isinstance(source, bytes) else source.read_bytes()
    closed = dcmread(BytesIO(content + _CLOSING), force=True)
    return closed if "PixelData" in closed else dataset
