"""NRRD (attached, or a header with its data beside), in whichever space it names."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.imaging.domain.convert.model import Affine, Source, Volume, Voxels
from backend.imaging.domain.convert.nifti import NO_ALPHA
from backend.imaging.domain.convert.scratch import mapped, refuse_size, unpacked
from backend.imaging.domain.convert.text_header import (
    header_bytes,
    part_named,
    real_numbers,
    scalar_type,
    sizes_of,
    whole_numbers,
)
from backend.imaging.domain.rejections import Rejected

_TYPES = {
    "i1": "signed char|int8|int8_t",
    "u1": "uchar|unsigned char|uint8|uint8_t",
    "i2": "short|short int|signed short|signed short int|int16|int16_t",
    "u2": "ushort|unsigned short|unsigned short int|uint16|uint16_t",
    "i4": "int|signed int|int32|int32_t",
    "u4": "uint|unsigned int|uint32|uint32_t",
    "i8": "longlong|long long|long long int|signed long long|int64|int64_t",
    "u8": "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t",
    "f4": "float",
    "f8": "double",
}
TYPES = {word: kind for kind, words in _TYPES.items() for word in words.split("|")}
# What turns a space's own axes into left, back (posterior) and up (superior).
_SPACES = {
    "left-posterior-superior": (1.0, 1.0, 1.0), "lps": (1.0, 1.0, 1.0),
    "right-anterior-superior": (-1.0, -1.0, 1.0), "ras": (-1.0, -1.0, 1.0),
    "left-anterior-superior": (1.0, -1.0, 1.0), "las": (1.0, -1.0, 1.0),
}  # fmt: skip
_PACKINGS = {"gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
_VECTOR = re.compile(r"none|\(([^)]*)\)")
_COLOURS = frozenset({"rgb-color", "rgba-color", "3-color", "4-color"})
NO_SPACE = (
    "The file does not say how it lies in the patient; its axes were taken as left, back, up."
)


@dataclass(frozen=True)
class _Axes:
    """Which axis of the file (fastest first) is what."""

    colour: int | None
    space: tuple[int, ...]
    time: int | None


def read_nrrd(source: Source) -> Volume:
    """Read a NRRD; raises Rejected."""
    fields, extra, end = _fields(header_bytes(source))
    count = (whole_numbers(fields.get("dimension", ""), "the number of axes") or [0])[0]
    sizes = sizes_of(fields.get("sizes", ""), count)
    directions = _without_time(_vectors(fields.get("space directions", "")))
    axes = _axes(fields, sizes, directions)
    voxels, remarks = _arranged(_voxels(source, fields, sizes, end), axes)
    affine, spacing, spoken = _place(fields, axes, directions, count)
    return Volume(
        format="NRRD",
        voxels=voxels,
        affine_lps=affine,
        pixel_spacing_mm=spacing,
        says_labels=any(key.lower().startswith("segment0_") for key in extra),
        remarks=[*spoken, *remarks],
    )


def _fields(head: bytes) -> tuple[dict[str, str], dict[str, str], int]:
    """Return fields, key-value pairs and where the data begins (after the first empty line)."""
    match = re.search(rb"\r?\n\r?\n", head)
    text = head[: match.start()] if match else head
    fields: dict[str, str] = {}
    extra: dict[str, str] = {}
    for line in text.decode("utf-8", "replace").splitlines()[1:]:
        if line.startswith("#"):
            continue
        key, mark, value = line.partition(":")
        if value.startswith("="):
            extra[key.strip()] = value[1:].strip()
        elif mark:
            fields[key.strip().lower()] = value.strip()
    detached = "data file" in fields or "datafile" in fields
    if match is None and not detached:
        raise Rejected("imaging.source_cut")
    return fields, extra, match.end() if match else len(head)


def _vectors(text: str) -> list[list[float] | None]:
    """Return vectors such as ``(1,0,0) none (0,1,0)``."""
    return [
        None if match[0] == "none" else real_numbers((match[1] or "").replace(",", " "), "a vector")
        for match in _VECTOR.finditer(text)
    ]


def _without_time(vectors: list[list[float] | None]) -> list[list[float] | None]:
    """Take time out of directions in a space of four axes: what runs along it alone has none."""
    if not any(vector is not None and len(vector) == 4 for vector in vectors):
        return vectors
    if any(vector and any(vector[:3]) and any(vector[3:]) for vector in vectors):
        raise Rejected("imaging.source_header", why="an axis of it runs through space and time")
    return [vector[:3] if vector and any(vector[:3]) else None for vector in vectors]


def _axes(
    fields: dict[str, str], sizes: tuple[int, ...], directions: list[list[float] | None]
) -> _Axes:
    """Tell colour, space and time apart, by kinds and directions, else by their number."""
    kinds = [word.lower() for word in re.findall(r"\S+", fields.get("kinds", ""))]
    kinds = kinds if len(kinds) == len(sizes) else ["domain"] * len(sizes)
    if len(directions) == len(sizes) and any(directions):
        space = [axis for axis, vector in enumerate(directions) if vector is not None]
    else:
        space = [axis for axis, kind in enumerate(kinds) if kind in {"domain", "space"}][:3]
    others = [axis for axis in range(len(sizes)) if axis not in space]
    colours = [
        axis
        for axis in others
        if kinds[axis] in _COLOURS or (kinds[axis] == "vector" and sizes[axis] == 3)
    ]
    times = [axis for axis in others if axis not in colours]
    if not 2 <= len(space) <= 3 or len(colours) > 1 or len(times) > 1:
        raise Rejected("imaging.source_values", why=f"on {len(sizes)} axes")
    return _Axes(colours[0] if colours else None, tuple(space), times[0] if times else None)


def _voxels(source: Source, fields: dict[str, str], sizes: tuple[int, ...], end: int) -> Voxels:
    big = fields.get("endian", "little").lower() == "big"
    kind = scalar_type(TYPES, fields.get("type", "").lower(), big_endian=big)
    size = refuse_size(sizes, kind.itemsize, source.limits)
    path, offset = _data_place(source, fields, end)
    encoding = fields.get("encoding", "raw").lower()
    if encoding in _PACKINGS:
        packing = _PACKINGS[encoding]
        path = unpacked(path, source.scratch, size, packing=packing, offset=offset)
        offset = 0
    elif encoding != "raw":
        raise Rejected("imaging.source_values", why="written out as text")
    skip = fields.get("byte skip", fields.get("byteskip", "0"))
    if skip == "-1" and encoding == "raw":
        offset = path.stat().st_size - size
    elif skip != "0" or fields.get("line skip", fields.get("lineskip", "0")) != "0":
        raise Rejected("imaging.source_header", why="it skips a part of its data")
    return mapped(path, kind, sizes, offset)


def _data_place(source: Source, fields: dict[str, str], end: int) -> tuple[Path, int]:
    name = fields.get("data file", fields.get("datafile"))
    if name is None:
        return source.path, end
    if name.upper().startswith("LIST") or "%" in name:
        raise Rejected("imaging.part_missing", why="one file for each slice")
    return part_named(source, name.removeprefix("./")), 0


def _arranged(voxels: Voxels, axes: _Axes) -> tuple[Voxels, list[str]]:
    """Bring mapped axes (slowest first) into the order [time, k, j, i] and colour."""
    last = voxels.ndim - 1
    order = [] if axes.time is None else [last - axes.time]
    order += [last - axis for axis in reversed(axes.space)]
    order += [] if axes.colour is None else [last - axes.colour]
    arranged = voxels.transpose(order)
    if axes.time is None:
        arranged = arranged[None]
    if len(axes.space) == 2:
        arranged = arranged[:, None]
    if axes.colour is None:
        return arranged, []
    if arranged.dtype != np.uint8 or arranged.shape[-1] not in {3, 4}:
        raise Rejected("imaging.source_values", why=f"{arranged.shape[-1]} numbers at each voxel")
    return arranged[..., :3], [NO_ALPHA] if arranged.shape[-1] == 4 else []


def _place(
    fields: dict[str, str], axes: _Axes, directions: list[list[float] | None], count: int
) -> tuple[Affine | None, tuple[float, float] | None, list[str]]:
    vectors = [directions[axis] for axis in axes.space] if len(directions) == count else []
    if not any(vectors):
        return _place_by_spacing(fields, axes, count)
    origin = next(iter(_vectors(fields.get("space origin", ""))), None) or [0.0, 0.0, 0.0]
    name = fields.get("space", "").lower()
    if len(origin) == 4:
        origin, name = origin[:3], name.removesuffix("-time")
        name = name[:3] if len(name) == 4 else name
    if len(origin) != 3 or any(vector is None or len(vector) != 3 for vector in vectors):
        raise Rejected("imaging.source_header", why="its directions have no three numbers each")
    columns = [np.array(vector, dtype=np.float64) for vector in vectors]
    if len(columns) == 2:  # a lone slice, one millimetre thick
        normal = np.cross(columns[0], columns[1])
        columns.append(normal / max(float(np.linalg.norm(normal)), 1e-12))
    affine = np.eye(4)
    affine[:3, :3] = np.stack(columns, axis=1)
    affine[:3, 3] = origin
    signs = _SPACES.get(name)
    return np.diag([*(signs or (1, 1, 1)), 1.0]) @ affine, None, [] if signs else [NO_SPACE]


def _place_by_spacing(
    fields: dict[str, str], axes: _Axes, count: int
) -> tuple[Affine | None, tuple[float, float] | None, list[str]]:
    spacing = real_numbers(fields.get("spacings", ""), "the spacing")
    known = len(spacing) == count
    if len(axes.space) < 3:
        return None, (spacing[axes.space[1]], spacing[axes.space[0]]) if known else None, []
    steps = [spacing[axis] for axis in axes.space] if known else [1.0] * 3
    return np.diag([*steps, 1.0]), None, [NO_SPACE]
