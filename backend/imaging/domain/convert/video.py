"""MP4 and AVI become frames. Motion JPEG in an AVI is read here; the rest needs PyAV."""

import struct
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import imagecodecs
import numpy as np
from PIL import Image
from pydicom.uid import HTJ2KLossless

from backend.imaging.domain.convert.model import Pictures, Source, Voxels
from backend.imaging.domain.convert.pictures import JPEG_METHOD, refuse_picture_size
from backend.imaging.domain.convert.signatures import is_avi
from backend.imaging.domain.convert.writing import MOST_NATIVE_BYTES
from backend.imaging.domain.rejections import Rejected

# Films that are larger than this when unpacked are packed again, without loss.
LARGEST_PLAIN = 256 << 20
SOUND_LEFT_OUT = "Its sound was left out."
VARYING_RATE = "Its pictures are not evenly spaced in time; their mean distance was kept."
TURNED = "The camera was held sideways; the video was turned upright."
_METHODS = {"h264": "ISO_14496_10", "hevc": "ISO_23008_2", "mpeg4": "ISO_14496_2",
            "mpeg2video": "ISO_13818_2", "mjpeg": JPEG_METHOD}  # fmt: skip
USUAL_INTERVAL_MS = 40.0
_GREYS = ("gray", "y8")


def read_video(source: Source) -> Pictures:
    """Decode all frames of a video into a file of our own; raises Rejected."""
    try:
        import av  # noqa: PLC0415  large, and not installed everywhere
    except ImportError:
        return _read_motion_jpeg(source)
    options = {"protocol_whitelist": "file"}
    with (
        # a damaged stream has no codec, and then no width
        suppress(av.error.FFmpegError, OSError, ValueError, AttributeError),
        av.open(str(source.path), options=options) as container,
    ):
        return _spooled(source, container)
    raise Rejected("imaging.video_unreadable")


class _Spool:
    """Frames written out as they come, plain or packed, and read back one by one."""

    def __init__(self, source: Source, *, packs: bool) -> None:
        self._limits = source.limits
        self.packs = packs
        self.ends = [0]
        self.shape: tuple[int, ...] = ()
        with tempfile.NamedTemporaryFile(dir=source.scratch, prefix="frames-", delete=False) as new:
            self.path = Path(new.name)

    @property
    def count(self) -> int:
        """Return how many frames there are."""
        return len(self.ends) - 1

    def add(self, file: IO[bytes], pixels: Voxels) -> None:
        """Write a frame; all must be of one size, and not too many."""
        self.shape = self.shape or pixels.shape
        if pixels.shape != self.shape:
            raise Rejected("imaging.source_values", why="pictures of several sizes")
        pixels = np.ascontiguousarray(pixels)
        data = imagecodecs.htj2k_encode(pixels, reversible=True) if self.packs else pixels.tobytes()
        self.ends.append(self.ends[-1] + len(data))
        most = self._limits.most_bytes if self.packs else MOST_NATIVE_BYTES
        if self.count > self._limits.most_frames or self.ends[-1] > most:
            raise Rejected("imaging.source_too_large", why=f"more than {self.count - 1} pictures")
        file.write(data)

    def frames(self) -> Iterator[Voxels]:
        """Yield the frames: codestreams where packed, else pixels."""
        with self.path.open("rb") as file:
            for start, end in pairwise(self.ends):
                data = np.frombuffer(file.read(end - start), np.uint8)
                yield data if self.packs else data.reshape(self.shape)


def _spooled(source: Source, container: Any) -> Pictures:  # noqa: ANN401  PyAV's container
    """Decode the first video stream; frames are written out as they come."""
    if not container.streams.video:
        raise Rejected("imaging.video_unreadable")
    stream = container.streams.video[0]
    stream.thread_count = 1
    refuse_picture_size(stream.width, stream.height, 1, source.limits)
    spool = _Spool(source, packs=_unpacked_bytes(container, stream) > LARGEST_PLAIN)
    times, turned = _decode(container, stream, spool)
    remarks = [SOUND_LEFT_OUT] if container.streams.audio else []
    if turned:
        remarks.append(TURNED)
    name = "AVI" if container.format.name == "avi" else "MP4"
    lossy = _METHODS.get(str(stream.codec_context.name), "")
    return _pictures(name, spool, lossy, _interval(times, remarks), remarks)


def _unpacked_bytes(container: Any, stream: Any) -> float:  # noqa: ANN401
    """Return what the film will take unpacked, by what it says of its length."""
    seconds = float(container.duration or 0) / 1e6
    frames = stream.frames or seconds * float(stream.average_rate or 30) or float("inf")
    return float(frames) * int(stream.width) * int(stream.height) * 3


def _decode(container: Any, stream: Any, spool: _Spool) -> tuple[list[float | None], bool]:  # noqa: ANN401
    times: list[float | None] = []
    turned = False
    layout = "gray" if str(stream.pix_fmt or "").startswith(_GREYS) else "rgb24"
    with spool.path.open("wb") as file:
        for frame in container.decode(stream):
            quarter = round(float(getattr(frame, "rotation", 0) or 0) / 90) % 4
            turned = turned or quarter != 0
            spool.add(file, np.rot90(frame.to_ndarray(format=layout), quarter))
            times.append(frame.time)
    if not times:
        raise Rejected("imaging.video_unreadable")
    return times, turned


def _interval(times: list[float | None], remarks: list[str]) -> float | None:
    """Return the mean time between frames in ms; says where they are uneven."""
    known = [time for time in times if time is not None]
    if len(known) < 2 or known[-1] <= known[0]:
        return None
    steps = np.diff(known)
    if np.abs(steps - steps.mean()).max() > 0.1 * steps.mean() + 0.0015:
        remarks.append(VARYING_RATE)
    return float(steps.mean()) * 1000


def _pictures(
    name: str, spool: _Spool, lossy: str, interval: float | None, remarks: list[str]
) -> Pictures:
    return Pictures(
        format=name,
        count=spool.count,
        rows=spool.shape[0],
        columns=spool.shape[1],
        is_colour=len(spool.shape) == 3,
        bits=8,
        frames=spool.frames,
        frame_time_ms=interval or (USUAL_INTERVAL_MS if spool.count > 1 else None),
        lossy=lossy,
        syntax=str(HTJ2KLossless) if spool.packs else "",
        remarks=remarks,
    )


def _read_motion_jpeg(source: Source) -> Pictures:
    """Read an AVI whose pictures are JPEGs, with nothing but Pillow."""
    with source.path.open("rb") as file:
        head = file.read(1 << 16)
    if not is_avi(head) or b"MJPG" not in head.upper():
        raise Rejected("imaging.video_no_decoder")
    place = head.find(b"avih")
    microseconds = struct.unpack_from("<I", head, place + 8)[0] if place > 0 else 0
    # Pictures of a film weigh about a tenth of their pixels.
    spool = _Spool(source, packs=source.path.stat().st_size > LARGEST_PLAIN // 10)
    with spool.path.open("wb") as target:
        for pixels in _jpegs(source):
            spool.add(target, pixels)
    if not spool.count:
        raise Rejected("imaging.video_unreadable")
    return _pictures("AVI", spool, JPEG_METHOD, microseconds / 1000 or None, [])


def _jpegs(source: Source) -> Iterator[Voxels]:
    """Yield the decoded chunks of pictures, in the order of the file."""
    for chunk in _chunks(source.path):
        try:
            with Image.open(BytesIO(chunk), formats=("JPEG",)) as image:
                refuse_picture_size(image.width, image.height, 1, source.limits)
                yield np.asarray(image if image.mode == "L" else image.convert("RGB"))
        except Rejected:
            raise
        except Exception:  # noqa: BLE001  decoders raise many kinds on damaged files
            raise Rejected("imaging.video_unreadable") from None


def _chunks(path: Path) -> Iterator[bytes]:
    """Walk a RIFF file; lists are entered, picture chunks (00dc, 01db ...) are yielded."""
    size = path.stat().st_size
    with path.open("rb") as file:
        place = 12
        while place + 8 <= size:
            file.seek(place)
            name, length = struct.unpack("<4sI", file.read(8))
            if name in {b"LIST", b"RIFF"}:
                place += 12
                continue
            if name[2:] in {b"dc", b"db"} and length and name[:2].isdigit():
                if place + 8 + length > size:
                    raise Rejected("imaging.source_cut")
                yield file.read(length)
            place += 8 + length + length % 2
