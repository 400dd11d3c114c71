"""The only mask encoding, ``limn-rle-1``, and packs of it.

Bytes of one mask frame: rows and columns as little-endian uint16, then pairs (value, run length),
each an unsigned LEB128 number, in row-major order, covering exactly rows * columns pixels.
The form is canonical, so equal masks have equal bytes and one SHA-256: neighbouring runs differ in
value, no run is empty, no number is written longer than needed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint16]
Numbers = NDArray[np.int64]

# A label pack: (layer, frame key) -> limn-rle-1 bytes.
MaskFrames = dict[tuple[int, str], bytes]

HEADER_BYTES = 4
MAX_VALUE = 0xFFFF
# rows * columns fits 32 bits, which is 5 groups of 7.
MAX_NUMBER_BYTES = 5


class MaskInvalid(ValueError):
    """Bytes that are not a canonical mask; the message is safe to show."""


@dataclass(frozen=True)
class MaskRuns:
    """A mask as runs: ``values[n]`` repeats ``lengths[n]`` times, row-major."""

    rows: int
    columns: int
    values: Numbers
    lengths: Numbers

    def count_pixels(self) -> dict[int, int]:
        """Pixels of each segment, background left out."""
        present, where = np.unique(self.values, return_inverse=True)
        pixels = np.bincount(where, weights=self.lengths)
        pairs = zip(present.tolist(), pixels.tolist(), strict=True)
        return {value: int(count) for value, count in pairs if value}

    def paint(self) -> Labels:
        """Return the mask as an array [rows, columns] of uint16."""
        labels: Labels = np.repeat(self.values.astype(np.uint16), self.lengths)
        return labels.reshape(self.rows, self.columns)


def encode_mask(labels_ji: NDArray[np.generic]) -> bytes:
    """Encode segment ids [rows, columns], 0 to 65535."""
    if labels_ji.ndim != 2 or labels_ji.size == 0 or max(labels_ji.shape) > MAX_VALUE:
        raise MaskInvalid(f"A mask frame cannot have the shape {labels_ji.shape}.")
    flat = np.ascontiguousarray(labels_ji).reshape(-1).astype(np.int64)
    if flat.min() < 0 or flat.max() > MAX_VALUE:
        raise MaskInvalid(f"Segment ids go from 0 to {MAX_VALUE}.")
    starts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))
    lengths = np.diff(starts, append=flat.size)
    numbers = np.stack((flat[starts], lengths), axis=1).reshape(-1)
    header = np.asarray(labels_ji.shape, dtype="<u2").tobytes()
    return header + _write_leb128(numbers)


def decode_mask(data: bytes, *, shape: tuple[int, int] | None = None) -> Labels:
    """Decode to segment ids [rows, columns]; ``shape`` refuses a mask of another size."""
    return parse_mask(data, shape=shape).paint()


def parse_mask(data: bytes, *, shape: tuple[int, int] | None = None) -> MaskRuns:
    """Check every rule of the encoding without painting the mask."""
    if len(data) < HEADER_BYTES:
        raise MaskInvalid("The mask is truncated: it has no header.")
    rows, columns = (int(n) for n in np.frombuffer(data[:HEADER_BYTES], dtype="<u2"))
    if shape is not None and (rows, columns) != tuple(shape):
        raise MaskInvalid(
            f"The mask is {rows} x {columns} pixels, its frame {shape[0]} x {shape[1]}."
        )
    if rows == 0 or columns == 0:
        raise MaskInvalid("The mask has no rows or no columns.")
    numbers = _read_leb128(np.frombuffer(data, dtype=np.uint8, offset=HEADER_BYTES))
    if numbers.size % 2:
        raise MaskInvalid("The mask is truncated: its last run has no length.")
    runs = MaskRuns(rows, columns, numbers[0::2], numbers[1::2])
    _check_runs(runs)
    return runs


def mask_sha256(data: bytes) -> str:
    """Return the name of a mask frame: SHA-256 of its bytes, as lowercase hex."""
    return hashlib.sha256(data).hexdigest()


def pack_masks(frames: Mapping[tuple[int, str], bytes]) -> bytes:
    """Pack mask frames into one blob: a JSON header line, then their bytes back to back.

    Offsets count from the byte after the header line. Equal content gives equal bytes.
    """
    entries, bodies, offset = [], [], 0
    for (layer, key), data in sorted(frames.items()):
        entries.append({"layer": layer, "frame": key, "offset": offset, "length": len(data)})
        bodies.append(data)
        offset += len(data)
    header = json.dumps({"frames": entries}, separators=(",", ":")).encode()
    return b"\n".join((header, b"".join(bodies)))


def unpack_masks(pack: bytes) -> MaskFrames:
    """Return the mask frames of a label pack; the masks themselves are not parsed."""
    header, newline, body = pack.partition(b"\n")
    if not newline:
        raise MaskInvalid("The label pack has no header line.")
    try:
        entries = [
            (int(entry["layer"]), str(entry["frame"]), int(entry["offset"]), int(entry["length"]))
            for entry in json.loads(header)["frames"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise MaskInvalid("The header of the label pack cannot be read.") from error
    frames: MaskFrames = {}
    for layer, key, offset, length in entries:
        if offset < 0 or length < 0 or offset + length > len(body):
            raise MaskInvalid("The label pack is truncated.")
        frames[layer, key] = body[offset : offset + length]
    if len(frames) != len(entries):
        raise MaskInvalid("The label pack names a frame twice.")
    return frames


def _check_runs(runs: MaskRuns) -> None:
    pixels = runs.rows * runs.columns
    if runs.values.size and int(runs.values.max()) > MAX_VALUE:
        raise MaskInvalid(f"Segment ids go from 0 to {MAX_VALUE}.")
    if (runs.lengths == 0).any():
        raise MaskInvalid("The mask is not canonical: it has an empty run.")
    if (runs.values[1:] == runs.values[:-1]).any():
        raise MaskInvalid("The mask is not canonical: neighbouring runs have one value.")
    covered = int(runs.lengths.sum())
    if covered != pixels:
        raise MaskInvalid(f"The mask covers {covered} pixels instead of {pixels}.")


def _write_leb128(numbers: Numbers) -> bytes:
    """Write each number in groups of 7 bits, lowest first; all but the last carry the high bit."""
    shifts = 7 * np.arange(MAX_NUMBER_BYTES)
    groups = (numbers[:, None] >> shifts) & 0x7F
    needed = np.maximum(1, ((numbers[:, None] >> shifts) > 0).sum(axis=1))
    position = np.arange(MAX_NUMBER_BYTES)
    groups |= np.where(position < (needed - 1)[:, None], 0x80, 0)
    return bytes(groups[position < needed[:, None]].astype(np.uint8))


def _read_leb128(stream: NDArray[np.uint8]) -> Numbers:
    """Read every number of ``stream``; refuses cut, overlong and too large ones."""
    if stream.size == 0:
        return np.empty(0, dtype=np.int64)
    if stream[-1] & 0x80:
        raise MaskInvalid("The mask is truncated: its last number is cut.")
    ends = np.flatnonzero(stream < 0x80)
    starts = np.concatenate(([0], ends[:-1] + 1))
    sizes = ends - starts + 1
    if sizes.max() > MAX_NUMBER_BYTES:
        raise MaskInvalid("The mask has a number that is too long.")
    if ((stream[ends] == 0) & (sizes > 1)).any():
        raise MaskInvalid("The mask is not canonical: a number is written longer than needed.")
    shift = 7 * (np.arange(stream.size) - np.repeat(starts, sizes))
    parts = (stream & 0x7F).astype(np.int64) << shift
    return np.add.reduceat(parts, starts)
