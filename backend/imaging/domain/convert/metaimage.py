"""MetaImage (MHA, MHD with its data beside): ITK's own format, in LPS already."""

import re
from pathlib import Path

import numpy as np

from backend.imaging.domain.convert.model import Affine, Source, Volume, Voxels
from backend.imaging.domain.convert.scratch import mapped, refuse_size, unpacked
from backend.imaging.domain.convert.text_header import (
    header_bytes,
    part_named,
    real_numbers,
    scalar_type,
    sizes_of,
    true_word,
    whole_numbers,
)
from backend.imaging.domain.rejections import Rejected

_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2",
    "MET_INT": "i4", "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
_LINE = re.compile(rb"([A-Za-z_]+)\s*=\s*([^\r\n]*)\r?\n?")
NO_PLACE = (
    "The file does not say how it lies in the patient; its axes were taken as left, back, up."
)


def read_metaimage(source: Source) -> Volume:
    """Read an MHA or an MHD with its data; raises Rejected."""
    fields, end = _fields(header_bytes(source))
    axes = (whole_numbers(fields.get("NDims", ""), "the number of axes") or [0])[0]
    sizes = sizes_of(fields.get("DimSize", ""), axes)
    affine, spacing, remarks = _place(fields, axes)
    voxels = _shaped(_voxels(source, fields, sizes, end), axes, _channels(fields))
    step = real_numbers(fields.get("ElementSpacing", ""), "the spacing")[3:4]
    return Volume(
        format="MetaImage",
        voxels=voxels,
        affine_lps=affine,
        pixel_spacing_mm=spacing,
        time_step_s=step[0] if step and step[0] > 0 else None,
        remarks=remarks,
    )


def _fields(head: bytes) -> tuple[dict[str, str], int]:
    """Return the fields up to and with the one that says where the data is, and its end."""
    fields: dict[str, str] = {}
    place = 0
    while match := _LINE.match(head, place):
        fields[match[1].decode()] = match[2].decode("utf-8", "replace").strip()
        place = match.end()
        if match[1] == b"ElementDataFile":
            return fields, place
    raise Rejected("imaging.source_header", why="it does not say where its data is")


def _channels(fields: dict[str, str]) -> int:
    found = whole_numbers(fields.get("ElementNumberOfChannels", "1"), "the number of channels")
    channels = found[0] if found else 1
    if channels not in {1, 3, 4}:
        raise Rejected("imaging.source_values", why=f"{channels} numbers at each voxel")
    return channels


def _voxels(source: Source, fields: dict[str, str], sizes: tuple[int, ...], end: int) -> Voxels:
    channels = _channels(fields)
    big = fields.get("BinaryDataByteOrderMSB", fields.get("ElementByteOrderMSB", "False"))
    kind = scalar_type(_TYPES, fields.get("ElementType", ""), big_endian=true_word(big))
    if channels > 1 and kind != np.dtype("u1"):
        raise Rejected("imaging.source_values", why=f"{channels} numbers at each voxel")
    if not true_word(fields.get("BinaryData", "True")):
        raise Rejected("imaging.source_values", why="written out as text")
    shape = (channels, *sizes) if channels > 1 else sizes
    size = refuse_size(shape, kind.itemsize, source.limits)
    path, offset = _data_place(source, fields, end, size)
    if true_word(fields.get("CompressedData", "False")):
        path = unpacked(path, source.scratch, size, packing="zlib", offset=offset)
        offset = 0
    return mapped(path, kind, shape, offset)


def _data_place(source: Source, fields: dict[str, str], end: int, size: int) -> tuple[Path, int]:
    name = fields["ElementDataFile"]
    if name.upper() == "LOCAL":
        return source.path, end
    if name.upper().startswith("LIST") or "%" in name:
        raise Rejected("imaging.part_missing", why="one file for each slice")
    path = part_named(source, name)
    skipped = whole_numbers(fields.get("HeaderSize", "0"), "the size of the header")
    offset = skipped[0] if skipped else 0
    return path, path.stat().st_size - size if offset == -1 else offset


def _shaped(voxels: Voxels, axes: int, channels: int) -> Voxels:
    """Give voxels all four axes [time, k, j, i], and colour a fifth."""
    if not 2 <= axes <= 4:
        raise Rejected("imaging.source_values", why=f"on {axes} axes")
    shaped = voxels[(None,) * (4 - axes)]
    return shaped[..., :3] if channels == 4 else shaped


def _place(
    fields: dict[str, str], axes: int
) -> tuple[Affine | None, tuple[float, float] | None, list[str]]:
    spacing = (
        real_numbers(fields.get("ElementSpacing", fields.get("ElementSize", "")), "the spacing")
        or [1.0] * axes
    )
    if len(spacing) != axes:
        raise Rejected("imaging.source_header", why="spacing and number of axes do not fit")
    if axes < 3:
        known = "ElementSpacing" in fields and axes == 2 and spacing != [1.0, 1.0]
        return None, (spacing[1], spacing[0]) if known else None, []
    matrix = _first(fields, ("TransformMatrix", "Rotation", "Orientation"))
    origin = real_numbers(_first(fields, ("Offset", "Origin", "Position")) or "0 " * axes, "origin")
    rows = real_numbers(matrix, "the direction") if matrix else list(np.eye(axes).ravel())
    if len(rows) != axes * axes or len(origin) != axes:
        raise Rejected("imaging.source_header", why="direction and number of axes do not fit")
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(rows, (axes, axes))[:3, :3].T * np.array(spacing[:3])
    affine[:3, 3] = origin[:3]
    return affine, None, [] if matrix else [NO_PLACE]


def _first(fields: dict[str, str], names: tuple[str, ...]) -> str:
    return next((fields[name] for name in names if name in fields), "")
