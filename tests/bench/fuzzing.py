"""Files damaged on purpose, the same ones every time, sent through every door that reads files.

A case is a number: it chooses the kind, the seed file and what is done to it. A door may refuse
in the words of the room; any other exception is a crash, and so is a process that dies.
"""

import gzip
import io
import logging
import shutil
import signal
import struct
import tarfile
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import nibabel as nib
import numpy as np
import py7zr
import pydicom
from PIL import Image

from backend.core.errors import LimnError
from backend.imaging.domain.convert.converting import convert
from backend.imaging.domain.convert.facts import Facts
from backend.imaging.domain.convert.kinds import kind_of
from backend.imaging.domain.convert.model import Limits, Source
from backend.imaging.domain.decode import FrameUnreadable, decode_frame
from backend.imaging.domain.deidentify.files import deidentified
from backend.imaging.domain.deidentify.policy import BASIC
from backend.imaging.domain.deidentify.pseudonyms import Secret
from backend.imaging.domain.identity import settle
from backend.imaging.domain.multipart import MultipartReader, boundary_of
from backend.imaging.domain.parse import parse_file
from backend.imaging.domain.rejections import Rejected
from backend.imaging.services.unpacking import incoming_from
from fixtures.phantoms import phantom

HANG_SECONDS = 5.0
REFUSALS = (Rejected, FrameUnreadable, LimnError)
LARGEST_SEED = 100_000
EVIL_NAMES = (
    "../../evil",
    "/tmp/evil",  # noqa: S108  never opened: that is the point
    "..\\..\\evil",
    "C:\\evil",
    "a/../../../evil",
    "\0",
    "x" * 400,
)
SECRET = Secret(b"the key of the bench, thirty-two bytes")


class Hang(BaseException):
    """A case took longer than any honest file may; no door can catch this."""


@dataclass
class Outcome:
    """What a number of cases came to."""

    cases: int = 0
    accepted: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    slowest_case: str = ""
    crashes: dict[str, str] = field(default_factory=dict)


def run_cases(numbers: range, place: Path, note: Callable[[int], None] = lambda _: None) -> Outcome:
    """Send these cases through their doors, below `place`; `note` is told before each."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    found = Outcome()
    for number in numbers:
        note(number)
        kind, name, content = case(number)
        folder = place / "in"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_bytes(content)
        began = time.perf_counter()
        try:
            with _within(HANG_SECONDS):
                DOORS[kind](path, place, number)
            found.accepted += 1
        except REFUSALS:
            found.refused += 1
        except Hang:
            found.crashes[f"{kind} {number}"] = "hangs"
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  this is what is looked for
            found.crashes[f"{kind} {number}"] = f"{type(error).__name__}: {error}"[:200]
        seconds = time.perf_counter() - began
        if seconds > found.slowest_s:
            found.slowest_s, found.slowest_case = seconds, f"{kind} {number}"
        found.cases += 1
        shutil.rmtree(folder)
    logging.disable(logging.NOTSET)
    return found


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    def strike(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def case(number: int) -> tuple[str, str, bytes]:
    """Return kind, file name and bytes of a case; always the same."""
    chance = np.random.default_rng([2026, number])
    kind = KINDS[number % len(KINDS)]
    seeds = corpus()[kind]
    name, content = seeds[int(chance.integers(len(seeds)))]
    return kind, name, mutated(content, chance)


def mutated(content: bytes, chance: np.random.Generator) -> bytes:
    """Return a file with one to six things done to it."""
    data = bytearray(content)
    for _ in range(int(chance.integers(1, 7))):
        data = bytearray(MUTATIONS[int(chance.integers(len(MUTATIONS)))](data, chance))
        if not data:
            return b""
    return bytes(data)


def _place(data: bytearray, chance: np.random.Generator) -> int:
    """Return a place, three times out of four in the first two kilobytes: there the headers are."""
    most = len(data) if chance.random() < 0.25 else min(len(data), 2048)
    return int(chance.integers(most))


def _flip(data: bytearray, chance: np.random.Generator) -> bytearray:
    data[_place(data, chance)] ^= 1 << int(chance.integers(8))
    return data


def _random_bytes(data: bytearray, chance: np.random.Generator) -> bytearray:
    at, count = _place(data, chance), int(chance.integers(1, 16))
    data[at : at + count] = chance.bytes(count)
    return data


def _extreme(data: bytearray, chance: np.random.Generator) -> bytearray:
    """Write a number that a length or a count may have been."""
    number = [0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF][
        int(chance.integers(9))
    ]
    form = ["<I", ">I", "<H", ">H"][int(chance.integers(4))]
    packed = struct.pack(form, number & (0xFFFF if form[1] == "H" else 0xFFFFFFFF))
    at = _place(data, chance)
    data[at : at + len(packed)] = packed
    return data


def _cut(data: bytearray, chance: np.random.Generator) -> bytearray:
    return data[: _place(data, chance)]


def _take_out(data: bytearray, chance: np.random.Generator) -> bytearray:
    at = _place(data, chance)
    del data[at : at + int(chance.integers(1, 64))]
    return data


def _put_in(data: bytearray, chance: np.random.Generator) -> bytearray:
    at = _place(data, chance)
    data[at:at] = chance.bytes(int(chance.integers(1, 64)))
    return data


def _double(data: bytearray, chance: np.random.Generator) -> bytearray:
    at, count = _place(data, chance), int(chance.integers(1, 512))
    data[at:at] = data[at : at + count]
    return data


def _splice(data: bytearray, chance: np.random.Generator) -> bytearray:
    """Go on with the end of another seed."""
    seeds = [content for group in corpus().values() for _, content in group]
    other = seeds[int(chance.integers(len(seeds)))]
    return data[: _place(data, chance)] + other[_place(bytearray(other), chance) :]


MUTATIONS = (
    _flip,
    _flip,
    _random_bytes,
    _extreme,
    _extreme,
    _cut,
    _take_out,
    _put_in,
    _double,
    _splice,
)


@lru_cache(maxsize=1)
def corpus() -> dict[str, list[tuple[str, bytes]]]:
    """Return sound files by kind, small enough to be damaged ten thousand times."""
    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path("/tmp")  # noqa: S108
    scratch = folder / f"limn-corpus-{time.time_ns()}"
    try:
        made = [p for name in ("axial", "oblique") for p in phantom(name, scratch / name).paths[:3]]
        dicom = [(path.name, path.read_bytes()) for path in made]
        return {
            "dicom": [*dicom, *_of_pydicom()],
            "foreign": list(_foreign(scratch)),
            "archive": list(_archives(dicom)),
            "multipart": [("body", _body(dicom))],
        }
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _of_pydicom() -> list[tuple[str, bytes]]:
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    paths = [path for path in sorted(folder.glob("*.dcm")) if path.stat().st_size < LARGEST_SEED]
    return [(path.name, path.read_bytes()) for path in paths]


def _foreign(scratch: Path) -> Iterator[tuple[str, bytes]]:
    chance = np.random.default_rng(7)
    volume = chance.integers(-100, 900, (9, 8, 5)).astype(np.int16)
    nifti = nib.Nifti1Image(volume, np.diag([1.0, 2, 3, 1])).to_bytes()
    yield "a.nii", nifti
    yield "a.nii.gz", gzip.compress(nifti, 1)
    nrrd = "NRRD0004\ntype: short\ndimension: 3\nsizes: 9 8 5\nencoding: {}\nendian: little\n\n"
    yield "a.nrrd", nrrd.format("raw").encode() + volume.tobytes()
    yield "b.nrrd", nrrd.format("gzip").encode() + gzip.compress(volume.tobytes())
    mha = "ObjectType = Image\nNDims = 3\nDimSize = 9 8 5\nElementType = MET_SHORT\n"
    yield "a.mha", mha.encode() + b"ElementDataFile = LOCAL\n" + volume.tobytes()
    picture = Image.fromarray(chance.integers(0, 255, (24, 31, 3)).astype(np.uint8))
    for form in ("PNG", "JPEG", "TIFF", "WEBP"):
        target = io.BytesIO()
        picture.save(target, form)
        yield f"a.{form.lower()}", target.getvalue()


def _archives(files: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    names = [*(name for name, _ in files[:3]), *EVIL_NAMES[:5]]
    contents = [files[number % len(files)][1] for number in range(len(names))]
    for method, word in ((zipfile.ZIP_STORED, "stored"), (zipfile.ZIP_DEFLATED, "packed")):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", method) as archive:
            for name, content in zip(names, contents, strict=True):
                archive.writestr(name, content)
        yield f"{word}.zip", target.getvalue()
    for mode, suffix in (("w", "tar"), ("w:gz", "tar.gz")):
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
            for name, content in zip(names, contents, strict=True):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        yield f"a.{suffix}", target.getvalue()
    target = io.BytesIO()
    with py7zr.SevenZipFile(target, "w") as archive:
        for name, content in files[:3]:
            archive.writestr(content, name)
    yield "a.7z", target.getvalue()


def _body(files: list[tuple[str, bytes]]) -> bytes:
    head = b"\r\n--edge\r\nContent-Type: application/dicom\r\n\r\n"
    parts = b"".join(head + content for _, content in files[:3])
    return (
        b'multipart/related; type="application/dicom"; boundary=edge\n'
        + parts
        + b"\r\n--edge--\r\n"
    )


def _dicom(path: Path, _place: Path, number: int) -> None:
    """Read it as an ingest does; take identities out; decode as a viewer asks for it."""
    try:
        parsed = parse_file(path)
    finally:
        if number % 3 == 0:
            with _refusals_are_fine():
                deidentified(path, BASIC, SECRET).to_bytes()
    settle(parsed, "0" * 64)
    if parsed.pixels is not None:
        decode_frame(path, parsed.transfer_syntax_uid, 1)


@contextmanager
def _refusals_are_fine() -> Iterator[None]:
    with suppress(REFUSALS):
        yield


def _foreign_door(path: Path, place: Path, _number: int) -> None:
    kind = kind_of(path.name, path)
    if kind is None:
        return
    scratch = place / "scratch"
    scratch.mkdir(exist_ok=True)
    try:
        source = Source(path.name, path, scratch, {}, Limits(most_bytes=64 << 20))
        for made in convert(source, kind, lambda: "0" * 64, Facts()).instances:
            parse_file(made)
    finally:
        shutil.rmtree(scratch)


def _archive_door(path: Path, place: Path, number: int) -> None:
    for incoming in incoming_from(path, path.name):
        try:
            if incoming.refusal is None:
                with _refusals_are_fine():
                    _dicom(incoming.path, place, number)
        finally:
            incoming.discard()


def _multipart_door(path: Path, _place: Path, _number: int) -> None:
    kind, _, body = path.read_bytes().partition(b"\n")
    reader = MultipartReader(io.BytesIO(body).readinto, boundary_of(kind.decode("latin-1")))
    for part in reader.parts(io.BytesIO):
        len(part.head)


DOORS: dict[str, Callable[[Path, Path, int], None]] = {
    "dicom": _dicom,
    "foreign": _foreign_door,
    "archive": _archive_door,
    "multipart": _multipart_door,
}
# DICOM is what strangers send most.
KINDS = ("dicom", "foreign", "dicom", "archive", "dicom", "foreign", "dicom", "multipart")
